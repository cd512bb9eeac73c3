"""Forms of dots, and the key that says what they mean."""

from collections.abc import Sequence
from typing import Any

from matplotlib.lines import Line2D

from lfads.plots.style import GREY, as_label

FORMS = ("o", "^", "s", "D")


def draw_key_of_forms(figure: Any, names: Sequence[str], called: str) -> None:
    """Say which form is what, in the lower left corner of a figure."""
    handles = [
        Line2D([], [], linestyle="", marker=form, markersize=5, color=GREY, label=as_label(name))
        for form, name in zip(FORMS, names, strict=False)
    ]
    figure.legend(handles=handles, title=as_label(called), alignment="left", loc="lower left")
