"""Read the parameters of a NumPy-style docstring."""

import inspect


def summary(thing: object) -> str:
    """The first paragraph, on one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def parameters(thing: object) -> dict[str, str]:
    """Text of each parameter, on one line; several names may share one text."""
    lines = (inspect.getdoc(thing) or "").splitlines()
    found: dict[str, str] = {}
    names: list[str] = []
    for line in lines[_start(lines) :]:
        if line.startswith("---") or not line.strip():
            continue
        if line.startswith("    "):
            for name in names:
                found[name] = f"{found.get(name, '')} {line.strip()}".strip()
        elif line.replace(",", " ").replace("_", "").replace(" ", "").isalnum():
            names = [name.strip() for name in line.split(",")]
            if any(" " in name for name in names):
                break
        else:
            break
    return found


def _start(lines: list[str]) -> int:
    return lines.index("Parameters") + 2 if "Parameters" in lines else len(lines)
