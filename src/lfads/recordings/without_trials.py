"""How a recording without a table of trials gets one, in words for `lfads show` and for refusals."""

from pathlib import PurePath

from lfads.recordings.recording import Recording


def how_to_give_trials(recording: Recording) -> str:
    """The line that gives a recording trials: of its source, or of the kind of its file; else empty."""
    if recording.where_trials:
        return recording.where_trials
    if recording.reading is None:
        return "give `trials=`, such as `trials={'start_time': starts, 'stop_time': stops}`"
    suffix = PurePath(recording.source).suffix.lower()
    if suffix == ".npz":
        return "save columns as `trials.NAME`, such as `trials.start_time`, in the file"
    if suffix == ".mat":
        return "save a struct `trials` of columns, such as `trials.start_time`, in the file"
    return ""
