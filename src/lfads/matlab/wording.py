"""Messages of the library in the words of MATLAB.

The library names a parameter with its equals sign, `` `window_s=(-0.2, 0.6)` ``, and the command line by
its flag, `` `--window-s -0.2 0.6` ``; MATLAB has `` `'window_s', [-0.2 0.6]` ``. Commands,
`lfads show x.h5`, are functions, `lfads.show('x.h5')`.
"""

import re
from collections.abc import Collection

PARAMETER = re.compile(r"`([A-Za-z_][\w.]*)=([^`]*)`")
FLAG = re.compile(
    r"(?<![\w-])--([a-z][a-z0-9.-]*[a-z0-9])((?: (?!-)[A-Z0-9.,_-]+| -?\d[\w.]*)*)(?![\w-])"
)
COMMAND = re.compile(r"`lfads ([a-z]+(?:-[a-z]+)*)((?: [^`]*)?)`")
SWITCHES = (
    "overwrite", "resume", "relative-to-trial", "generator-states", "no-baselines", "shuffle-control",
    "anew", "quick", "skip-inputs", "report", "with-spikes", "deconvolve",
)  # fmt: skip
"""Flags without a value, which is `true` in MATLAB."""
LIBRARY = re.compile(r"`lfads\.(search_population)\b")


def in_matlab(message: str, functions: Collection[str]) -> str:
    """A message as the user of the toolbox is told it.

    Parameters
    ----------
    message
        Of the library, or of the command line.
    functions
        Names of the toolbox's functions.

    Examples
    --------
    >>> in_matlab("`window_s=(-0.2, 0.6)` needs `align_to=`", [])
    "`'window_s', [-0.2 0.6]` needs `'align_to'`"
    >>> in_matlab("say `--bin-width-s 0.01`; `lfads show data.h5` lists", ["show"])
    "say `'bin_width_s', 0.01`; `lfads.show('data.h5')` lists"
    >>> in_matlab("`lfads train --help` lists what there is", ["train"])
    '`help lfads.train` lists what there is'
    >>> in_matlab("`overwrite=True`, `--out FILE`, `--resume`", [])
    "`'overwrite', true`, `'out', FILE`, `'resume', true`"
    """

    def call(found: re.Match[str]) -> str:
        name = found[1].replace("-", "_")
        if name not in functions:
            return found[0]
        words = found[2].split()
        if [word.strip("-") for word in words] == ["help"]:
            return f"`help lfads.{name}`"
        if any(word.startswith("-") for word in words):
            return f"`lfads.{name}`" + (f" with `{_flags(' '.join(words))}`" if words else "")
        return f"`lfads.{name}({', '.join(map(_quoted, words))})`"

    named = PARAMETER.sub(lambda one: f"`{_pair(one[1], one[2])}`", message)
    return _flags(LIBRARY.sub("`lfads.search", COMMAND.sub(call, named)))


def _flags(text: str) -> str:
    def pair(found: re.Match[str]) -> str:
        value = found[2].strip() or ("True" if found[1] in SWITCHES else "")
        return _pair(found[1].replace("-", "_"), value)

    return FLAG.sub(pair, text)


def _pair(name: str, value: str) -> str:
    """Name and value as they stand in a call."""
    plain = value.strip()
    if not plain:
        return f"'{name}'"
    if plain in ("True", "False"):
        return f"'{name}', {plain.lower()}"
    if plain[0] == "'":
        return f"'{name}', {plain}"
    words = [word for word in re.split(r"[\s,]+", plain.strip("()[]")) if word]
    if all(re.fullmatch(r"-?[\d.]+(e-?\d+)?", word) for word in words):
        return f"'{name}', {words[0] if len(words) == 1 else '[' + ' '.join(words) + ']'}"
    texts = [_quoted(word.strip("'\"")) for word in words]
    return f"'{name}', {texts[0] if len(texts) == 1 else '{' + ', '.join(texts) + '}'}"


def _quoted(word: str) -> str:
    """A word as text; numbers, and what stands for something, as they are."""
    return word if re.fullmatch(r"-?[\d.]+|[A-Z]+", word) else f"'{word}'"
