"""Numbers of the paper's simulations beside the paper's, LFADS with defaults, opponents and ceilings.

What `lfads reproduce` does, without figures: seed 0 with as many trials as the paper, others with a
quarter, or with `--full` all of them. The JSON is written after every fit; fits that it has already, of
the same data, settings and scores, are not done again.
"""

from pathlib import Path
from typing import Any

import _record

from lfads.devices import configure_devices, describe_devices
from lfads.paper.cells import Found
from lfads.paper.experiment import Results
from lfads.paper.fits import fits_of
from lfads.paper.reproduce import chosen_experiments, numbers_of
from lfads.paper.size import size_of
from lfads.terminal.saying import say


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("experiments", nargs="*", default=["all"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--methods", nargs="+", help="these alone, such as LFADS")
    parser.add_argument(
        "--folder", type=Path, default=Path("runs/reproduction"), help="of networks"
    )
    parser.add_argument("--full", action="store_true", help="all trials for every seed")
    arguments = parser.parse_args()
    configure_devices()
    chosen = chosen_experiments(arguments.experiments)
    sizes = {seed: size_of(seed, full=arguments.full) for seed in arguments.seeds}
    kept = read(arguments.out)
    for fit in fits_of(chosen, sizes):
        own, digest = kept.setdefault(fit.name, {}), fit.digest()
        if own.get(fit.key, {}).get("digest") == digest:
            continue
        own.pop(fit.key, None)  # of other data, settings or scores
        if not arguments.methods or fit.method in arguments.methods:
            found = fit.found(arguments.folder, say, progress=True)
            own[fit.key] = {"digest": digest, **found.numbers}
            write(kept, arguments.out, full=arguments.full)
    write(kept, arguments.out, full=arguments.full)


Numbers = dict[str, dict[tuple[str, str, int], dict[str, Any]]]


def read(out: Path | None) -> Numbers:
    """Numbers of fits by experiment, from an earlier run."""
    experiments = _record.earlier(out)
    return {
        name: {(fit.pop("case"), fit.pop("method"), fit.pop("seed")): fit for fit in one["fits"]}
        for name, one in experiments.items()
    }


def write(kept: Numbers, out: Path | None, *, full: bool) -> None:
    """All that there is."""
    results = {}
    for name, experiment in chosen_experiments([n for n in kept if kept[n]] or ["all"]).items():
        cells = {key: Found(numbers) for key, numbers in sorted(kept.get(name, {}).items())}
        seeds = sorted({seed for _, _, seed in cells})
        sizes = {seed: size_of(seed, full=full) for seed in seeds}
        claims = experiment.judged(Results(cells, sizes))
        results[name] = numbers_of(experiment, claims, cells)
    _record.record(results, out, describe_devices())


if __name__ == "__main__":
    main()
