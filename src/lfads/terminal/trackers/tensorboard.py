"""Event files for TensorBoard, written by tensorboardX, which needs no TensorFlow and no PyTorch.

Its writer of records is called directly, without the thread that it puts in front: a full disk is then an
error, not a queue that waits for ever.
"""

import struct
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lfads.config import RunSettings
from lfads.files import written_beside
from lfads.terminal.trackers.scalars import (
    FIGURES_EVERY,
    derived_in_words,
    epochs_between_figures,
    library,
    png_of,
    records_before,
    scalars_of,
)
from lfads.training.defaults import Derived
from lfads.training.tracking import EpochRecord


class TensorBoard:
    """Curves, settings and single trials for TensorBoard: `tensorboard --logdir RUN`.

    Parameters
    ----------
    folder
        Of the run; event files stand in `tensorboard` in it.
    figures_every
        Epochs between figures of single trials; 0 for none.
    """

    def __init__(self, folder: Path, figures_every: int = FIGURES_EVERY) -> None:
        self.folder = folder / "tensorboard"
        self.figures_every = epochs_between_figures(figures_every)
        self._files = _part("event_file_writer")
        self._event, self._summary = _part("proto.event_pb2"), _part("proto.summary_pb2")
        self._text = _part("summary").text
        self._writer: Any = None
        self._close: Callable[[], Any] = lambda: None

    def start(self, config: RunSettings, derived: Sequence[Derived], first_epoch: int) -> None:
        """Begin a file; from those before, leave out the epochs that are to come again."""
        before = sorted(self.folder.glob("events.*"))
        for path in before:
            self._cut(path, first_epoch)
        self.folder.mkdir(parents=True, exist_ok=True)
        # A name of its own for those that begin within the same second.
        suffix = f".{time.time_ns()}"
        self._writer = self._files.EventsWriter(str(self.folder / "events"), suffix)
        self._close = weakref.finalize(self, self._writer.close)  # also if training breaks off
        if first_epoch > 1:  # for a TensorBoard that is open, and has read them
            log = self._event.SessionLog
            self._write(first_epoch, session_log=log(status=log.START))
        if not before:
            for record in records_before(self.folder.parent, first_epoch):
                self._write(record["epoch"], summary=self._scalars(record))
        texts = {"settings": config.to_toml(), "derived from the data": derived_in_words(derived)}
        for name, text in texts.items():
            # TensorBoard reads Markdown, in which four spaces keep lines as they are.
            kept = "".join(f"    {line}\n" for line in text.splitlines())
            self._write(first_epoch - 1, summary=self._text(name, kept))
        self._writer.flush()

    def epoch(self, record: EpochRecord) -> None:
        """Add the numbers of an epoch."""
        self._write(record.epoch, summary=self._scalars(asdict(record)))
        self._writer.flush()

    def figure(self, name: str, figure: Any, epoch: int) -> None:
        """Add a figure."""
        png = png_of(figure)
        width, height = struct.unpack(">II", png[16:24])  # of the header of every PNG
        image = self._summary.Summary.Image(
            encoded_image_string=png, width=width, height=height, colorspace=4
        )
        value = self._summary.Summary.Value(tag=name, image=image)
        self._write(epoch, summary=self._summary.Summary(value=[value]))
        self._writer.flush()

    def end(self, stopped_by: str) -> None:
        """Close the file."""
        self._close()

    def _scalars(self, record: dict[str, Any]) -> Any:
        summary = self._summary.Summary
        values = scalars_of(record).items()
        return summary(value=[summary.Value(tag=tag, simple_value=x) for tag, x in values])

    def _cut(self, path: Path, first_epoch: int) -> None:
        """Keep the whole records before an epoch: length, its checksum, an event, its checksum."""
        data, place, kept = path.read_bytes(), 0, []
        while place + 12 <= len(data):
            end = place + 16 + struct.unpack_from("<Q", data, place)[0]
            if end > len(data):  # cut short by a crash
                break
            if self._event.Event.FromString(data[place + 12 : end - 4]).step < first_epoch:
                kept.append(data[place:end])
            place = end
        with written_beside(path) as beside:
            beside.write_bytes(b"".join(kept))

    def _write(self, step: int, **what: Any) -> None:
        self._writer.write_event(self._event.Event(wall_time=time.time(), step=step, **what))


def _part(name: str) -> Any:
    return library(f"tensorboardX.{name}", "tensorboardX")
