"""What a user of AutoLFADS on NeuroCAAS has: its one file of settings, written from its keys, and data."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

MODULES = "lfads_torch.modules"


def weight(low: float, high: float, **more: Any) -> dict[str, Any]:
    """A range of `pbt.hps`."""
    return {
        "_target_": "lfads_torch.tune.HyperParam", "min_samp": low, "max_samp": high,
        "sample_fn": "loguniform", "explore_wt": 0.8, **more,
    }  # fmt: skip


def one_file(**sizes: Any) -> dict[str, Any]:
    """Every key of the file, with the numbers that it has by default; `sizes` change those of `model`."""
    held = {"explore_wt": 0.3, "enforce_limits": True}
    return {
        "seed": None,
        "ignore_warnings": True,
        "model": {
            "_target_": "lfads_torch.model.LFADS",
            "encod_data_dim": 50, "encod_seq_len": 35, "recon_seq_len": 35, "ext_input_dim": 0,
            "ic_enc_seq_len": 0, "ic_enc_dim": 100, "ci_enc_dim": 100, "ci_lag": 1, "con_dim": 80,
            "co_dim": 4, "ic_dim": 100, "gen_dim": 100, "fac_dim": 40,
            "readin": {"_target_": "torch.nn.ModuleList", "modules": [{"_target_": "torch.nn.Identity"}]},
            "readout": {
                "_target_": "torch.nn.ModuleList",
                "modules": [{
                    "_target_": f"{MODULES}.readin_readout.FanInLinear",
                    "in_features": "${model.fac_dim}", "out_features": 50,
                }],
            },
            "train_aug_stack": {
                "_target_": f"{MODULES}.augmentations.AugmentationStack",
                "transforms": [{
                    "_target_": f"{MODULES}.augmentations.CoordinatedDropout", "cd_rate": 0.5,
                    "cd_pass_rate": 0.0, "ic_enc_seq_len": "${model.ic_enc_seq_len}",
                }],
                "batch_order": [0], "loss_order": [0],
            },
            "infer_aug_stack": {"_target_": f"{MODULES}.augmentations.AugmentationStack"},
            "reconstruction": {"_target_": f"{MODULES}.recons.Poisson"},
            "variational": True,
            "co_prior": {
                "_target_": f"{MODULES}.priors.AutoregressiveMultivariateNormal", "tau": 10.0,
                "nvar": 0.1, "shape": "${model.co_dim}",
            },
            "ic_prior": {
                "_target_": f"{MODULES}.priors.MultivariateNormal", "mean": 0, "variance": 0.1,
                "shape": "${model.ic_dim}",
            },
            "ic_post_var_min": 1e-4, "dropout_rate": 0.3, "cell_clip": 5.0, "loss_scale": 1e4,
            "recon_reduce_mean": True, "lr_scheduler": False, "lr_init": 4e-3, "lr_stop": 1e-5,
            "lr_decay": 0.95, "lr_patience": 6, "lr_adam_beta1": 0.9, "lr_adam_beta2": 0.999,
            "lr_adam_epsilon": 1e-8, "weight_decay": 0.0, "l2_start_epoch": 0, "l2_increase_epoch": 80,
            "l2_ic_enc_scale": 0.0, "l2_ci_enc_scale": 0.0, "l2_gen_scale": 1e-4, "l2_con_scale": 1e-4,
            "kl_start_epoch": 0, "kl_increase_epoch": 80, "kl_ic_scale": 1e-6, "kl_co_scale": 1e-6,
            **sizes,
        },
        "datamodule": {
            "_target_": "lfads_torch.datamodules.BasicDataModule", "data_paths": ["data.h5"],
            "batch_keys": [], "attr_keys": [], "batch_size": 256,
        },
        "trainer": {
            "_target_": "pytorch_lightning.Trainer", "gradient_clip_val": 200, "max_epochs": 1000,
            "log_every_n_steps": 5, "enable_checkpointing": False, "enable_progress_bar": False,
        },
        "callbacks": {"lr_monitor": {"_target_": "a.LearningRateMonitor"}},
        "logger": {"csv_logger": {"_target_": "a.CSVLogger", "save_dir": "."}},
        "posterior_sampling": {
            "use_best_ckpt": False, "fn": {"_target_": "a.run_posterior_sampling", "_partial_": True},
            "filename": "lfads_output.h5", "num_samples": 50,
        },
        "pbt": {
            "metric": "valid/recon_smth", "resources_per_trial": {"cpu": 2, "gpu": 0.5},
            "num_samples": 16, "perturbation_interval": 25, "burn_in_period": 105, "patience": 4,
            "min_improvement_ratio": 5e-4,
            "hps": {
                "model.lr_init": weight(1e-5, 5e-3, init=4e-3, **held),
                "model.dropout_rate": weight(0.0, 0.6, **held, sample_fn="uniform"),
                "model.train_aug_stack.transforms.0.cd_rate":
                    weight(0.01, 0.7, init=0.5, **held, sample_fn="uniform"),
                "model.kl_co_scale": weight(1e-6, 1e-4), "model.kl_ic_scale": weight(1e-6, 1e-3),
                "model.l2_gen_scale": weight(1e-4, 1.0), "model.l2_con_scale": weight(1e-4, 1.0),
            },
        },
    }  # fmt: skip


def tiny_file() -> dict[str, Any]:
    """The same with the smallest network and search."""
    small = {
        "encod_data_dim": 4, "encod_seq_len": 9, "recon_seq_len": 9, "ic_enc_dim": 3, "ci_enc_dim": 3,
        "con_dim": 3, "co_dim": 1, "ic_dim": 2, "gen_dim": 4, "fac_dim": 2, "kl_increase_epoch": 1,
        "l2_increase_epoch": 1,
    }  # fmt: skip
    found = one_file(**small)
    found["datamodule"]["batch_size"] = 4
    found["posterior_sampling"]["num_samples"] = 2
    found["trainer"]["max_epochs"] = 3
    found["pbt"] |= {"num_samples": 2, "perturbation_interval": 1, "burn_in_period": 2}
    return found


def several_sessions(values: dict[str, Any], size: int) -> dict[str, Any]:
    """The same for sessions that share a network, with maps of so many principal components."""
    maps = {
        name: {"_target_": f"{MODULES}.{kind}", "datafile_pattern": "x"}
        for name, kind in (
            ("readin", "readin_readout.MultisessionReadin"),
            ("readout", "readin_readout.MultisessionReadout"),
            ("reconstruction", "recons.MultisessionReconstruction"),
        )
    }
    module = {k: v for k, v in values["datamodule"].items() if k != "data_paths"}
    module["datafile_pattern"] = "/home/ubuntu/data/lfads_*.h5"
    model = {**values["model"], **maps, "encod_data_dim": size}
    return {**values, "multisession": True, "model": model, "datamodule": module}


def write_input(path: Path, seed: int = 0, neurons: int = 4, **more: np.ndarray) -> Path:
    """A file in the layout of lfads-torch, without the width of its bins."""
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for split, trials in (("train", 8), ("valid", 4)):
            counts = rng.poisson(0.5, (trials, 9, neurons)).astype(np.float32)
            file[f"{split}_encod_data"] = file[f"{split}_recon_data"] = counts
            file[f"{split}_behavior"] = rng.normal(size=(trials, 9, 2)).astype(np.float32)
        file["psth"] = np.arange(6.0)
        for key, values in more.items():
            file[key] = values
    return path
