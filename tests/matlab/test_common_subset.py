"""Nothing in the toolbox is of MATLAB or of Octave alone: what the other lacks, or reads otherwise."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLBOX = ROOT / "matlab"
FILES = sorted([*TOOLBOX.rglob("*.m"), *(ROOT / "tests" / "matlab").rglob("*.m")])
LONGEST_LINE = 120

OF_MATLAB = {
    r"^\s*arguments\s*(\(.*\))?$": "blocks of arguments",
    r"^\s*enumeration\b": "enumerations",
    r"\bmatlab\.(mixin|net|io|ui)\.": "classes of MATLAB",
    r"\bpy\.\w": "Python within MATLAB",
    r"^\s*import\s": "import",
    r"\b(string|strings|contains|extract(Before|After)|strip|newline|isstring|join|split)\(": "strings",
    r"\b(table|readtable|writetable|array2table|datetime|duration|categorical)\(": "tables, dates",
    r"\b(h5read|h5write|h5create|h5info|matfile|pyrun|pyrunfile|pyenv)\(": "what Octave lacks",
    r"\b(MException|gobjects|tiledlayout|nexttile|exportgraphics|histogram)\(": "what Octave lacks",
    r"\b(yline|xline|sgtitle|nanmean|nanstd|pca|rmmissing|isgraphics)\(": "what Octave lacks",
    r"\.Label\.String": "objects of graphics",
}
OF_OCTAVE = {
    r'"': "texts between double quotes, which are strings in MATLAB",
    r"#": "comments behind #",
    r"!=|!(?=[\w(])": "! as not",
    r"\+\+|--|\+=|-=|\*=|/=": "assignment with an operator",
    r"\*\*": "** as power",
    r"\bend(if|for|while|function|switch|classdef|methods|properties)\b": "ends of its own",
    r"\bend_\w+|\bunwind_protect\b|\bdo\s*$|\buntil\b": "blocks of its own",
    r"\b(printf|puts|fputs|fdisp|confirm_recursive_rmdir|argv|ostrsplit)\(": "functions of its own",
    r"\b(ifelse|merge|isargout|pkg|fflush)\(": "functions of its own",
}
OF_TEXTS = ("omitnan", "PrettyPrint", "-v7.3")
"""Options that Octave lacks."""

ALLOWED = {
    ("save_arrays.m", "-v7.3"),  # of MATLAB alone, as it asks before
    ("remove_folder.m", "confirm_recursive_rmdir"),  # of Octave alone, as it asks before
    ("run_words.m", "fflush"),  # of Octave alone, as it asks before
}
TYPED = re.compile(
    r"^\s*\w+\s+(\(.*\)\s*)?(char|double|single|logical|cell|struct|function_handle)\b\s*(=.*)?$"
)


class Line(NamedTuple):
    """Code without texts and comments, and the texts."""

    code: str
    texts: list[str]


def scanned(line: str) -> Line:
    """A line taken apart: a quote behind a name or a bracket turns an array, others begin texts.

    >>> scanned("a = b'; c = 'it''s 5 %'; % not this")
    Line(code="a = b'; c = ''; ", texts=["it's 5 %"])
    """
    code, texts, place = "", list[str](), 0
    while place < len(line) and line[place] != "%":
        one = line[place]
        before = line[place - 1] if place else " "
        if one == "'" and not (before.isalnum() or before in "_)]}.'"):
            found = re.match(r"'((?:[^']|'')*)'", line[place:])
            assert found is not None, line
            texts.append(found[1].replace("''", "'"))
            code, place = code + "''", place + len(found[0])
        else:
            code, place = code + one, place + 1
    return Line(code, texts)


def odd_in(line: str) -> list[str]:
    """What a line has that is not of both."""
    code, texts = scanned(line)
    patterns = {**OF_MATLAB, **OF_OCTAVE}
    found = [f"{what}: {hit[0]}" for one, what in patterns.items() if (hit := re.search(one, code))]
    return found + [f"an option: {text}" for text in texts if text in OF_TEXTS]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_stands_in_a_file_is_of_both(path):
    allowed = [what for name, what in ALLOWED if name == path.name]
    found = [
        f"{path.name}:{number}: {odd}"
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1)
        for odd in odd_in(line)
        if not any(what in odd for what in allowed)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_properties_of_classes_have_no_types(path):
    inside, found = False, []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        code = scanned(line).code
        if re.match(r"\s*properties\b", code):
            inside = True
        elif re.match(r"\s*end\b", code):
            inside = False
        elif inside and TYPED.match(code):
            found.append(f"{path.name}:{number}: {line.strip()}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", sorted(TOOLBOX.rglob("*.m")), ids=lambda path: path.name)
def test_what_is_called_is_there_and_files_are_called_as_what_they_hold(path):
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    code = "\n".join(scanned(line).code for line in lines)
    for name in re.findall(r"\blfads\.internal\.(\w+)", code):
        assert (TOOLBOX / "+lfads" / "+internal" / f"{name}.m").is_file(), name
    for name in re.findall(r"\blfads\.(?!internal\b)(\w+)\s*\(", code):
        assert list((TOOLBOX / "+lfads").rglob(f"{name}.m")), name
    if (first := re.match(r"function (?:.*= *)?(\w+)", text)) is not None:
        assert first[1] == path.stem
    long = [f"{path.name}:{n}" for n, line in enumerate(lines, 1) if len(line) > LONGEST_LINE]
    assert not long


@pytest.mark.parametrize(
    "line",
    [
        "s = string(3);", "if contains(a, 'b')", 'a = "b";', "a += 1;", "printf('x')", "endif",
        "x = mean(a, 'omitnan');", "save(f, 'a', '-v7.3')", "# a comment", "a != b", "  arguments",
    ],
)  # fmt: skip
def test_such_constructs_are_found(line):
    assert odd_in(line)


@pytest.mark.parametrize(
    "line", ["a = b';", "x = 'don''t use string() or \"'; % contains(a)", "c = [a' b'];"]
)
def test_texts_comments_and_turned_arrays_are_no_such(line):
    assert not odd_in(line)
