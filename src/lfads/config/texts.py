"""What a settings class says of each of its fields, from its docstring."""

import inspect
import re
from collections.abc import Mapping
from functools import cache


@cache
def texts_of(kind: type) -> Mapping[str, str]:
    """What a dataclass's docstring says of each parameter, as one line."""
    text = inspect.cleandoc(kind.__doc__ or "").partition("Parameters\n----------\n")[2]
    found: dict[str, str] = {}
    names: list[str] = []
    for line in re.split(r"\n\n[A-Z]\w+\n-{3,}", text)[0].splitlines():
        if line and not line.startswith(" "):
            names = [name.strip() for name in line.split(",")]
            found |= dict.fromkeys(names, "")
        elif line:
            found |= {name: f"{found[name]} {line.strip()}".strip() for name in names}
    return found
