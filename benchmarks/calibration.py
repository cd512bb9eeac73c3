"""Whether posteriors are right for data from the model itself: ten small networks, `lfads calibrate` each.

A network of 40 units is trained on 200 trials of the Lorenz system, one for each seed; 400 trials are then
drawn from it and ranked, and encoders are trained on 4000 others. The JSON is written after every network;
those that it has already are not done again.
"""

from pathlib import Path
from typing import Any

import _record

import lfads
from lfads.config import RunConfig
from lfads.devices import configure_devices, describe_devices
from lfads.runs.train import trained_to_the_end
from lfads.terminal.saying import say

SMALL = {
    "num_factors": 6, "generator_size": 40, "encoder_size": 32, "controller_size": 32,
    "initial_condition_size": 8,
}  # fmt: skip


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10)))
    parser.add_argument("--folder", type=Path, default=Path("runs/calibration"))
    arguments = parser.parse_args()
    configure_devices()
    networks = _record.earlier(arguments.out).get("networks", {})
    for seed in arguments.seeds:
        if str(seed) not in networks:
            say(f"seed {seed}")
            networks[str(seed)] = calibrated(seed, arguments.folder / f"seed-{seed}")
            _record.record(summary(networks), arguments.out, describe_devices())


def calibrated(seed: int, folder: Path) -> dict[str, Any]:
    """Train one and ask whether its posteriors are right for its own draws."""
    dataset = lfads.simulate_lorenz(seed, num_conditions=20, trials_per_condition=10)
    config = RunConfig.from_dict({"model": SMALL, "seed": seed})
    trained_to_the_end(dataset, config, folder, progress=False)
    found = lfads.calibrate(folder, resume=(folder / "calibration").exists(), progress=False)
    return found.to_dict()


def summary(networks: dict[str, Any]) -> dict[str, Any]:
    """Networks, and how many of them are calibrated."""
    tests = ("as_inferred", "retrained")
    passed = {
        f"{name}_{which}": sum(of[which][name]["p_value"] > 0.05 for of in networks.values())
        for which in tests
        for name in ("code", "inputs")
    }
    return {"num_networks": len(networks), "calibrated": passed, "networks": networks}


if __name__ == "__main__":
    main()
