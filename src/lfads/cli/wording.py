"""Messages of the library in the words of the command line.

The library names a parameter of a function with its equals sign, `` `window_s=` `` or
`` `window_s=(-0.2, 0.6)` ``, so that it is told from columns and arrays, which stand in backquotes as well;
and a function or method by its Python name, `` `lfads.prepare` ``. What the running command has as a flag,
and what is a command, is renamed here, and nowhere else.
"""

import re
from collections.abc import Container

PARAMETER = re.compile(r"`([A-Za-z_][\w.]*)=([^`]*)`")
FUNCTION = re.compile(r"`(?:lfads|run)\.(\w+)[^`]*`")
SHORTER = {"search_population": "search"}
"""Commands that are not called as their function is."""
BY_FLAGS = {
    "`lfads.runs.kept_decoder.keep_decoders`": "`lfads evaluate RUN --decode NAME`",
    "`run.gain_over_without`": "`lfads evaluate RUN --without RUN0`",
    "`lfads.nlb.prepare.prepare_nlb`": "`lfads prepare --nlb NAME`",
}
"""Methods that a flag of a command stands for."""


def in_flags(message: str, flags: Container[str], commands: Container[str]) -> str:
    """A message of the library, as the user of a command is told it.

    Parameters
    ----------
    message
        Of an error or a warning.
    flags
        Those of the running command.
    commands
        Names of all commands.

    Examples
    --------
    >>> in_flags("`window_s=(-0.2, 0.6)`, or `lfads.prepare`", {"--window-s"}, {"prepare"})
    '`--window-s -0.2 0.6`, or `lfads prepare`'
    >>> in_flags("`trials='contrast == contrast'`", {"--trials"}, ())
    "`--trials 'contrast == contrast'`"
    >>> in_flags("`training=False`", {"--no-training"}, ())
    '`--no-training`'
    """

    def flag(found: re.Match[str]) -> str:
        name = f"--{found[1].replace('_', '-')}"
        text = found[2]
        if text == "False" and f"--no-{name[2:]}" in flags:
            return f"`--no-{name[2:]}`"
        if text[:1] == text[-1:] == "'" and " " in text:  # one word of a shell
            return f"`{name} {text}`" if name in flags else found[0]
        words = text.strip("()[]").replace(",", "").replace("'", "")
        words = "" if words == "True" else words
        return f"`{name} {words}".rstrip() + "`" if name in flags else found[0]

    def renamed(found: re.Match[str]) -> str:
        name = SHORTER.get(found[1], found[1]).replace("_", "-")
        return f"`lfads {name}`" if name in commands else found[0]

    return FUNCTION.sub(renamed, PARAMETER.sub(flag, by_commands(message)))


def by_commands(text: str) -> str:
    """A text in which methods that a flag of another command stands for are that command.

    >>> by_commands("see `run.gain_over_without`")
    'see `lfads evaluate RUN --without RUN0`'
    """
    for method, words in BY_FLAGS.items():
        text = text.replace(method, words)
    return text
