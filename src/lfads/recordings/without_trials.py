"""How a recording without a table of trials gets one, in words for `lfads show` and for refusals."""

from pathlib import PurePath

from lfads.recordings.recording import Recording


def how_to_give_trials(recording: Recording) -> str:
    """The line that gives a recording trials; empty where it would be of no use.

    Files say their kind by their name; a source without a suffix is the folder of a sorter.
    """
    if recording.reading is None:
        return "give `trials=`, such as `trials={'start_time': starts, 'stop_time': stops}`"
    suffix = PurePath(recording.source).suffix.lower()
    if suffix == ".npz":
        return "save columns as `trials.NAME`, such as `trials.start_time`, in the file"
    if suffix == ".mat":
        return "save a struct `trials` of columns, such as `trials.start_time`, in the file"
    if suffix in (".nwb", ".h5", ".hdf5"):
        return ""
    return (
        "put a table `trials.csv`, with columns such as `start_time`, into the folder, or name a table "
        "with `trials_table=`"
    )
