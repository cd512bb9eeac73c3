"""The commands by group, in the order of work, and the program that they make."""

from collections.abc import Callable, Sequence
from importlib.metadata import version

import cyclopts

from lfads.cli import (
    analyse_runs,
    browse_psths,
    browse_trials,
    calibrate_runs,
    compare_runs,
    export_results,
    fit_models,
    import_runs,
    import_settings,
    list_parts,
    null_runs,
    prepare_data,
    reproduce_paper,
    run_nlb,
    run_studio,
    stream_runs,
    use_runs,
)
from lfads.cli.answer import Answer
from lfads.parts import Kind, parts

HELP = """Single-trial neural dynamics from spikes: latent factor analysis via dynamical systems.

Every command also takes --json (one JSON object on stdout) and --debug (a traceback on errors).
"""

COMPLETION = (
    "Let the shell complete commands and flags: add --shell bash, zsh or fish if it is not found."
)

GROUPS: dict[str, tuple[Callable[..., Answer], ...]] = {
    "Data": (
        prepare_data.simulate,
        prepare_data.prepare,
        prepare_data.preview,
        prepare_data.show,
    ),
    "Training": (
        fit_models.train,
        fit_models.search,
        fit_models.adapt,
        fit_models.leave_one_out,
        fit_models.baseline,
        import_runs.import_model,
        import_runs.import_results,
        import_settings.import_config,
    ),
    "Results": (
        use_runs.infer,
        use_runs.evaluate,
        use_runs.report,
        analyse_runs.analyse,
        compare_runs.compare,
        browse_psths.psths,
        browse_trials.trials,
        null_runs.null,
        calibrate_runs.calibrate,
        export_results.export,
        use_runs.sample,
    ),
    "While an experiment goes on": (stream_runs.stream, stream_runs.replay),
    "About lfads": (run_studio.studio, list_parts.parts, reproduce_paper.reproduce, run_nlb.nlb),
}
"""The commands, in the order of work."""

COMMANDS = tuple(command for commands in GROUPS.values() for command in commands)
BY_NAME = {command.__name__.replace("_", "-"): command for command in COMMANDS}


PARTS_OF: dict[str, tuple[Kind, ...]] = {
    "simulate": ("simulations",),
    "train": ("observations", "generators", "priors", "augmentations", "trackers"),
    "search": ("observations", "generators", "priors", "augmentations"),
    "baseline": ("baselines",),
    "analyse": ("analyses",),
    "export": ("formats",),
}
"""Kinds of parts that a command takes by name: its help lists what is there."""


def app_of_commands(helped: str = "") -> cyclopts.App:
    """The commands under one name, without the queue; the help of one lists the parts that it takes."""
    panels = [cyclopts.Group(title, sort_key=place) for place, title in enumerate(GROUPS)]
    app = cyclopts.App(
        name="lfads",
        help=HELP,
        version=lambda: version("lfads"),
        result_action="return_value",
        suppress_keyboard_interrupt=False,
        group_commands=panels[-1],
        default_parameter=cyclopts.Parameter(negative_iterable=""),
    )
    for panel, commands in zip(panels, GROUPS.values(), strict=True):
        for number, command in enumerate(commands):
            name = command.__name__.replace("_", "-")
            names = names_of(PARTS_OF.get(name, ())) if name == helped else None
            app.command(command, help_epilogue=names, group=panel, sort_key=number)
    app.register_install_completion_command(help=COMPLETION, help_flags=[], version_flags=[])
    return app


def names_of(kinds: Sequence[Kind]) -> str:
    """The parts that there are, by kind; nothing is imported for it."""
    return "\n\n".join(f"**{kind}**: {', '.join(parts(kind)) or 'none'}" for kind in kinds)
