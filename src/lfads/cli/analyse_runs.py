"""The command that puts one question to the results of a run: labelled numbers, and a figure."""

from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.cli.answer import Answer, aligned
from lfads.cli.choices import choices_of
from lfads.cli.export_results import posterior_of_run
from lfads.cli.flags import BinWidthOfRun, Overwrite, PlaceOfRun
from lfads.storage.run_folder import run_folder


def analyse(
    run: PlaceOfRun,
    name: str,
    data: list[Path] | None = None,
    /,
    *,
    choose: list[str] | None = None,
    out: Path | None = None,
    bin_width_s: BinWidthOfRun = None,
    overwrite: Overwrite = False,
) -> Answer:
    """Put a question to a run or its results, such as how well behaviour can be decoded from them.

    Parameters
    ----------
    name
        The analysis, one of those that `lfads parts analyses` lists, such as decoding.
    data
        Data files of the same neurons; the training data by default.
    choose
        A choice of the analysis as NAME=VALUE, such as num_folds=10 or behavior=hand_vel; a list as
        window_s=0,0.3. May be given several times. The docs list the choices of each analysis.
    out
        Folder for NAME.nc and NAME.png; `analyses` in the run's folder for the training data. Of a video
        (video-rotations, …) the folder, or the video's name: x.mp4 where ffmpeg is, x.webp or x.gif.
    """
    from lfads.analysis.analysis import analysis_named
    from lfads.parts import parts
    from lfads.paths import best_folder
    from lfads.runs.analyse import analyse as analyse_run
    from lfads.runs.videos import is_video, place_of

    if data and out is None:
        raise UserError("say where to write what these data give: `--out FOLDER`")
    if out is not None and out.exists() and not (out.is_dir() or is_video(out)):
        raise UserError(f"{out} is a file: `--out` must name a folder")
    name = name if name in parts("analyses") else name.replace("-", "_")
    choices = choices_of(choose or (), "--choose")
    analysis = analysis_named(name, choices)
    if out is not None:
        place_of(analysis, name, out)  # before the run is opened
    with run_folder(run) as kept:
        folder = best_folder(kept.path)
        opened, dataset, posterior = posterior_of_run(folder, data, bin_width_s)
        found = analyse_run(
            name,
            posterior,
            dataset,
            run=opened,
            out=out or folder / "analyses",
            choices=choices,
            overwrite=overwrite,
        )
        files = [kept.name_of(path) for path in found.files]
    values: dict[str, Any] = {"analysis": name, "files": files, "sessions": {}}
    texts = []
    for session, rows in found.numbers.items():
        values["sessions"][session] = [list(row) for row in rows]
        title = f"{session}\n" if len(found.numbers) > 1 else ""
        texts.append(title + aligned(rows))
    texts.append("\n".join(f"wrote {file}" for file in files))
    return Answer(values, "\n\n".join(texts))
