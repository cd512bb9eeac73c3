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
    from lfads.config import RunConfig, to_toml
    from lfads.config.imported import Sizes, carried_over
    from lfads.config.imported_files import read_foreign
    from lfads.files import write_text

    refuse_to_replace(out, overwrite=overwrite)
    values = read_foreign(file)
    sizes = Sizes()
    if data:
        from lfads.formats.read import read
        from lfads.training.defaults import default_batch_size

        dataset = read(data, bin_width_s=bin_width_s)
        trials = sum(int(session.of_split("train").sum()) for session in dataset.sessions)
        sizes = Sizes(
            bins=max(session.num_bins for session in dataset.sessions),
            neurons=max(session.num_neurons for session in dataset.sessions),
            steps=-(-trials // default_batch_size(trials)),
        )
    found = carried_over(values, sizes)
    tables = {name: table for name, table in found.tables.items() if name}
    tables = {**found.tables.get("", {}), **tables}
    RunConfig.from_dict(tables, where=str(file))
    write_text(out, to_toml(tables))
    number = sum(len(table) for table in found.tables.values())
    lines = [f"wrote {out}: {many(number, 'setting')}"]
    if found.from_data:
        lines.append(f"said by the data here: {', '.join(found.from_data)}")
    if found.not_used:
        lines += [
            "without a counterpart, or not converted:",
            *(f"  {text}" for text in found.not_used),
        ]
    values = {"settings": tables, "not_used": found.not_used, "from_data": found.from_data}
    return Answer({"out": str(out), **values}, "\n".join(lines))
