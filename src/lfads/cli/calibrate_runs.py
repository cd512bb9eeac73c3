"""The command that asks whether posteriors of a run are right where its model is."""

from pathlib import Path

from lfads.cli.answer import Answer
from lfads.cli.flags import PlaceOfRun, Switch, Whole
from lfads.storage.run_folder import run_folder


def calibrate(
    run: PlaceOfRun,
    /,
    *,
    session: str | None = None,
    num_ranked: Whole = 400,
    num_trained: Whole = 4000,
    seed: Whole = 0,
    no_training: Switch = False,
    num_epochs: Whole | None = None,
    out: Path | None = None,
    resume: Switch = False,
) -> Answer:
    """Ask whether error bars are right for data that the network itself has drawn.

    Parameters
    ----------
    session
        Whose neurons to draw for, if the run has several sessions.
    num_ranked
        Trials whose ranks are taken; at least 100.
    num_trained
        Trials that encoders are trained on.
    seed
        Of the draws.
    no_training
        Ranks of the run's own posteriors alone, which take a minute or so.
    num_epochs
        Of the training, where it shall not be as long as any other.
    out
        Folder of the training; calibration in the run's folder by default.
    resume
        Go on with that training.
    """
    from lfads.paths import best_folder
    from lfads.runs.calibrate import calibrate as ask

    with run_folder(run) as kept:
        found = ask(
            best_folder(kept.path), session=session, num_ranked=num_ranked, num_trained=num_trained,
            seed=seed, training=not no_training, num_epochs=num_epochs, out=out, resume=resume,
        )  # fmt: skip
    if found.interrupted:
        text = f"{found}\n\ninterrupted; go on with the same command and --resume"
        return Answer(found.to_dict(), text, 130)
    return Answer(found.to_dict(), str(found))
