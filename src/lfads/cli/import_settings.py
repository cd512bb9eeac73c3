"""The command that carries settings of other implementations over."""

from pathlib import Path

from lfads.checks import many
from lfads.cli.answer import Answer
from lfads.cli.flags import BinWidth, Overwrite
from lfads.paths import refuse_to_replace


def import_config(
    file: Path,
    data: list[Path] | None = None,
    /,
    *,
    out: Path,
    bin_width_s: BinWidth = None,
    overwrite: Overwrite = False,
) -> Answer:
    """Write the settings of another LFADS as a configuration of this one; what has no counterpart is named.

    Parameters
    ----------
    file
        YAML of lfads-torch or AutoLFADS-TF2, JSON, or the flags of LFADS in TensorFlow 1.
    data
        Data files: weights of KL and L2 terms are converted by their bins and neurons.
    out
        TOML file to write.
    """
    from lfads.config import to_toml
    from lfads.config.imported_files import read_foreign
    from lfads.files import write_text
    from lfads.runs.imported_settings import settings_for_data

    refuse_to_replace(out, overwrite=overwrite)
    values = read_foreign(file)
    dataset = None
    if data:
        from lfads.formats.read import read

        dataset = read(data, bin_width_s=bin_width_s)
    found = settings_for_data(values, dataset, str(file))
    write_text(out, to_toml(found.tables))
    number = sum(len(one) if isinstance(one, dict) else 1 for one in found.tables.values())
    lines = [f"wrote {out}: {many(number, 'setting')}"]
    if found.from_data:
        lines.append(f"said by the data here: {', '.join(found.from_data)}")
    if found.not_used:
        lines += [
            "without a counterpart, or not converted:",
            *(f"  {text}{in_words(found.differing.get(text))}" for text in found.not_used),
        ]
    values = {
        "settings": found.tables, "not_used": found.not_used, "from_data": found.from_data,
        "differing": found.differing,
    }  # fmt: skip
    return Answer({"out": str(out), **values}, "\n".join(lines))


def in_words(advice: str | None) -> str:
    """What to do about a setting that would change the numbers there."""
    return f": {advice}" if advice else ""
