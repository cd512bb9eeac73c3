"""The data that a run was trained on, read again by their path."""

from pathlib import Path

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.formats.read import read
from lfads.training.folder import TrainedModel


class NoTrainingData(UserError):
    """The training data are not where they were, or have changed."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(f"{reason}: {advice}")
        self.reason = reason


def read_training_data(trained: TrainedModel, folder: Path) -> Dataset:
    """Read what a run was trained on.

    Parameters
    ----------
    trained
        Describes the data.
    folder
        Of the run, for messages.

    Raises
    ------
    NoTrainingData
        If they are not where they were, or have changed.
    """
    data = trained.data
    paths = data.get("paths") or [data["path"]]  # older runs know of one file
    if paths[0] is None:
        raise NoTrainingData(
            f"{folder} was trained on arrays, not on a file", "give the data as an argument"
        )
    moved = [path for path in paths if not Path(path).exists()]
    if moved:
        raise NoTrainingData(
            f"the training data of {folder} are no longer at {', '.join(moved)}",
            "give their new path as an argument",
        )
    dataset = read(paths, default_bin_width_s=data["bin_width_s"], for_inference=True)
    if dataset.fingerprint() != data["fingerprint"]:
        raise NoTrainingData(
            f"{', '.join(paths)} has changed since {folder} was trained on it",
            "to infer from what it holds now, give it as an argument",
        )
    return dataset
