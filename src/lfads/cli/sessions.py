"""The commands for further sessions: fit them to a trained run, and ask how well that works."""

from pathlib import Path

from lfads.checks import UserError
from lfads.cli.answer import Answer
from lfads.cli.commands import (
    HyperParameterGroup,
    ModelGroup,
    ObjectiveGroup,
    TrainingGroup,
    ended,
    settings_of,
)
from lfads.cli.flags import Whole, given_settings
from lfads.cli.tables import aligned
from lfads.storage import address_of


def adapt(
    run: Path,
    data: list[Path],
    /,
    *,
    out: Path,
    training_data: list[Path] | None = None,
    bin_width_s: float | None = None,
    seed: Whole | None = None,
    resume: bool = False,
    training: TrainingGroup = None,
    hyperparameters: HyperParameterGroup = None,
) -> Answer:
    """Fit new sessions to a trained run: their read-ins and read-outs only, all else stays.

    Parameters
    ----------
    run
        Folder of a run; or where it is kept, such as s3://bucket/run.
    data
        Data files of the new sessions.
    out
        Folder of the new run, new or empty; or where it is kept.
    training_data
        Where the data are that the run was trained on, if they have moved.
    bin_width_s
        Width of a bin in seconds, for files that do not say it; the run's by default.
    seed
        Of everything random; the run's by default.
    resume
        Continue the run in OUT; only --training.num-epochs and --training.max-hours may change.
    """
    from lfads.formats.read import read
    from lfads.runs.adapt import adapt as fit
    from lfads.runs.run import open_run

    if not data:
        raise UserError("expected data files of new sessions after the run; got none")
    opened = open_run(run)
    width = opened.trained.data["bin_width_s"]
    dataset = read(data, bin_width_s=bin_width_s, default_bin_width_s=width)
    trained_on = None
    if training_data:
        trained_on = read(training_data, default_bin_width_s=width, for_inference=True)
    settings = given_settings({"training": training, "hyperparameters": hyperparameters}, seed)
    found = fit(
        opened, dataset, out=out, training_data=trained_on, settings=settings, resume=resume
    )
    summary = found.summary
    text = f"best epoch {summary['best_epoch']} of {summary['epochs']}, in {address_of(out) or out}"
    return ended(summary, text)


def leave_one_out(
    data: list[Path],
    /,
    *,
    out: Path,
    bin_width_s: float | None = None,
    config: Path | None = None,
    preset: str | None = None,
    seed: Whole | None = None,
    resume: bool = False,
    model: ModelGroup = None,
    objective: ObjectiveGroup = None,
    training: TrainingGroup = None,
    hyperparameters: HyperParameterGroup = None,
) -> Answer:
    """For each session: train on the others, fit it to that network, and score it.

    Parameters
    ----------
    data
        Data files of at least two sessions.
    out
        New folder: SESSION/others and SESSION/adapted in it are runs, scores.json says how well it went.
    bin_width_s
        Width of a bin in seconds, for files that do not say it.
    config
        TOML file of settings. Flags win over it, and it wins over a preset.
    preset
        A recipe that comes with lfads.
    seed
        Of everything random.
    resume
        Go on in OUT.
    """
    from lfads.formats.read import read
    from lfads.runs.left_out import leave_one_out as score_each

    tables = {
        "model": model,
        "objective": objective,
        "training": training,
        "hyperparameters": hyperparameters,
    }
    settings, _ = settings_of(config, preset, given_settings(tables, seed))
    dataset = read(data, bin_width_s=bin_width_s)
    scores, interrupted = score_each(dataset, settings, out=out, resume=resume)
    if interrupted:
        return Answer(scores, "interrupted; go on with the same command and --resume", 130)
    split = "test" if all("test" in each["splits"] for each in scores.values()) else "valid"
    rows = [("session left out", f"bits per spike, {split}")]
    for name, each in scores.items():
        bits = each["splits"].get(split, {}).get("bits_per_spike")
        rows.append((name, "–" if bits is None else f"{bits:.4f}"))
    return Answer(scores, f"{aligned(rows)}\nwrote {out / 'scores.json'}")
