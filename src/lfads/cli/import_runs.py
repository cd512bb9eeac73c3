"""The commands that make runs of what other programs have trained or inferred."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lfads.cli.answer import Answer, aligned
from lfads.cli.fit_models import NONE_GIVEN
from lfads.cli.flags import AnySettings, BinWidth, DataFiles, Overwrite
from lfads.cli.outputs import refuse_input
from lfads.cli.tables import table_of
from lfads.files import address_of


def import_model(
    weights: Path,
    data: DataFiles,
    /,
    *,
    out: Path,
    bin_width_s: BinWidth = None,
    torch_python: Path | None = None,
    settings: AnySettings = NONE_GIVEN,
) -> Answer:
    """Make a run of the weights of a network that another program has trained.

    Parameters
    ----------
    weights
        .npz of a state dictionary of lfads-torch, its arrays by their names; or a checkpoint of Lightning.
    out
        Folder of the run, new or empty.
    torch_python
        Python with PyTorch 2.6 or later, which opens checkpoints as weights alone; this one by default.
    """
    from lfads.formats.read import read
    from lfads.runs.import_model import import_model as imported

    config, _ = settings.read()
    dataset = read(data, bin_width_s=bin_width_s)
    run = imported(weights, dataset, out=out, config=config, torch_python=torch_python)
    return Answer({"out": str(out), **run.summary}, f"wrote {out}: `lfads infer {out}` goes on")


def import_results(
    files: Annotated[list[Path], Parameter(help="Files of results, or folders of them.")],
    /,
    *,
    data: Annotated[list[Path] | None, Parameter(consume_multiple=True)] = None,
    out: Path,
    bin_width_s: BinWidth = None,
    overwrite: Overwrite = False,
) -> Answer:
    """Read what lfads-torch, LFADS in TensorFlow, AutoLFADS-TF2 or lfads-run-manager has inferred.

    Parameters
    ----------
    data
        Data files that they were inferred from: OUT becomes a run, which evaluate, report, analyse and
        compare know.
    out
        Folder of the run, new or empty; without data a file of results, such as posterior.nc.
    """
    if data is None:
        from lfads.runs.import_results import import_posterior

        refuse_other_than_posterior_at(out, files, overwrite)
        import_posterior(files, bin_width_s=bin_width_s).save(out, overwrite=overwrite)
        return Answer({"out": str(out)}, f"wrote {out}")
    from lfads.formats.read import read
    from lfads.runs.import_results import import_results as imported

    run = imported(files, read(data, bin_width_s=bin_width_s), out=out)
    rows = run.choices_made()
    text = [aligned(rows), table_of(run.summary["scores"]), f"wrote {address_of(out) or out}"]
    return Answer({"out": str(out), **run.summary}, "\n\n".join(text))


def refuse_other_than_posterior_at(out: Path, files: list[Path], overwrite: bool) -> None:
    """Refuse what may not be written, before anything is read."""
    from lfads.results.posterior import refuse_other_than_posterior

    refuse_input(out, files)
    refuse_other_than_posterior(out, overwrite)
