"""The command that writes a page with every neuron: averages and single trials by several methods."""

from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.cli.answer import Answer
from lfads.cli.export_results import posterior_of_run
from lfads.cli.flags import Overwrite, PlaceOfRun
from lfads.storage.run_folder import run_folder


def psths(
    run: PlaceOfRun,
    others: list[Path] | None = None,
    /,
    *,
    out: Path | None = None,
    trials_per_condition: int = 2,
    smoothing_s: float | None = None,
    overwrite: Overwrite = False,
) -> Answer:
    """Write a page with every neuron: averages and single trials, beside smoothed spikes and other methods.

    Parameters
    ----------
    others
        Folders of runs on the same data to stand beside, such as those of `lfads baseline`.
    out
        Page to write; psths.html in the run's folder by default.
    trials_per_condition
        Single trials of each condition that are drawn.
    smoothing_s
        Standard deviation of the Gaussian that smooths spikes, in seconds.
    """
    from lfads.analysis.analysis import analysed
    from lfads.analysis.psth import PSTHs
    from lfads.numerics.smoothing import SMOOTHING_S
    from lfads.paths import best_folder
    from lfads.plots.examples import method_of
    from lfads.report.psth_page import write_psth_page
    from lfads.runs.fits import of_these_data

    with run_folder(run) as kept:
        folder = best_folder(kept.path)
        _, dataset, posterior = posterior_of_run(folder, None, None)
        of_these = of_these_data(posterior, dataset)
        found = {}
        for place in others or ():
            with run_folder(place) as beside:
                _, _, other = posterior_of_run(best_folder(beside.path), None, None)
            found[str(place)] = of_these_data(other, dataset)
        results = {}
        for session in dataset.sessions:
            named: dict[str, Any] = {}
            for place, other in found.items():
                own = other.sessions[session.name]
                name = method_of(own)
                taken = {method_of(of_these.sessions[session.name]), *named}
                named[f"{name} ({Path(place).name})" if name in taken else name] = own
            width_s = SMOOTHING_S if smoothing_s is None else smoothing_s
            analysis = PSTHs(
                others=named, trials_per_condition=trials_per_condition, smoothing_s=width_s
            )
            own = of_these.sessions[session.name]
            results[session.name] = analysed("psth", analysis, own, session)
        path = out or folder / "psths.html"
        if path.is_dir():
            raise UserError(f"{path} is a folder: `--out` must name a file")
        write_psth_page(results, path, name=folder.name, overwrite=overwrite)
    written = kept.name_of(path)
    neurons = sum(of.sizes["neuron"] for of in results.values())
    return Answer({"out": written, "neurons": neurons}, f"wrote {written}: {neurons} neurons")
