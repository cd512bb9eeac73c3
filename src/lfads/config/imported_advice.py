"""What to do about settings of lfads-torch that have no counterpart here and would change the numbers.

Others without a counterpart, such as those of its progress bar, change nothing and need nothing.
"""

import re

CHANGES_NOTHING = re.compile(
    r"(ignore_warnings|multisession|seed|__\w+__|bin_width_s)"
    r"|model\.(train|infer)_aug_stack\.(batch|loss)_order"
    r"|datamodule\.(batch_keys|attr_keys|num_workers|pin_memory|persistent_workers|sv_seed)(\.\d+)?"
    r"|trainer\.(_target_|log_every_n_steps|enable_\w+|accelerator|devices|gpus|strategy|num_nodes"
    r"|deterministic|benchmark|num_sanity_val_steps|check_val_every_n_epoch|default_root_dir|profiler"
    r"|weights_summary|progress_bar_refresh_rate|checkpoint_callback)(\..*)?"
    r"|pbt\.(resources_per_trial|_target_|verbose|name|local_dir|log_to_file)(\..*)?"
    r"|(callbacks|logger|posterior_sampling)(\..*)?"
)
"""Of paths: what is about data, the machine or what is shown."""

ADVICE = (
    (r"pbt\.metric", "write `metric: valid/recon_smth`, by which members are ranked here"),
    (r"pbt\.burn_in_period", "set it to the ramp and one `perturbation_interval`"),
    (
        r"pbt\.hps\..*sample_fn = (randint|lograndint|choice)",
        "whole numbers fix shapes or the course of training, which cannot change while a population "
        "trains: take it out of `pbt.hps` and give it once, or write `uniform` for a rate or weight",
    ),
    (r"pbt\.hps\..*sample_fn", "write `uniform` or `loguniform`"),
    (r"pbt\.hps\.", "take it out of `pbt.hps` and give it once, for all members"),
    (r"pbt\.", "take it out: a search has no such choice here"),
    (
        r"model\.(lr_scheduler|lr_stop)",
        "members of a population share one course of the learning rate: write `lr_scheduler: false`",
    ),
    (r"model\.(kl|l2)_start_epoch", "write 0: ramps begin with the first epoch"),
    (
        r"model\.l2_",
        "write 0: the recurrent kernels of generator and controller alone are penalised here",
    ),
    (r"model\.variational", "write `variational: true`"),
    (
        r"model\.(train|infer)_aug_stack",
        "of augmentations only CoordinatedDropout of training with `cd_rate` is known: take others out",
    ),
    (r"model\.reconstruction", "use Poisson or Gaussian; `lfads parts observations` lists more"),
    (r"model\.ic_prior\.mean", "write 0: the mean of the prior is learned from there"),
    (
        r"model\.(ic|co)_prior",
        "use MultivariateNormal, or AutoregressiveMultivariateNormal for `co_prior`",
    ),
    (
        r"model\.(readin|readout)",
        "use a linear read-out, and Identity or MultisessionReadin for the read-in",
    ),
    (
        r"datamodule\.reshuffle_tv",
        "take it out, and write files with the split of trials that you want",
    ),
    (r"datamodule\._target_", "use BasicDataModule"),
    (r"trainer\.", "take it out, or write what it is by default"),
)


def what_to_do(text: str) -> str | None:
    """What to do about a setting without a counterpart; None if it changes no number, or waits for data.

    Parameters
    ----------
    text
        Its path, and further words: `pbt.metric = valid/bps`.

    Examples
    --------
    >>> what_to_do("callbacks (about the program that trains)") is None
    True
    >>> what_to_do("model.kl_start_epoch = 5")
    'write 0: ramps begin with the first epoch'
    """
    if "(needs " in text or CHANGES_NOTHING.fullmatch(text.split(" ")[0]):
        return None
    found = (advice for pattern, advice in ADVICE if re.match(pattern, text))
    return next(found, "take it out: nothing here is like it")
