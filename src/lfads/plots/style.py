"""How figures look: fonts, sizes, colours that colour-blind readers tell apart, bare axes."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure, SubFigure
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lfads.plots.marks import artists_of, scale_marks
from lfads.plots.notebook import NotebookFigure
from lfads.plots.sizes import USUAL, sized, sizes

P = ParamSpec("P")

SMALL_SIZE = USUAL.small_pt
INK = "#262626"
GREY = "#8a8a8a"
PALE = "#d9d9d9"
MISSING = "#f7c899"  # samples that were not recorded, unlike the grey behind a trial's end
# Okabe & Ito's palette, with wine red for its yellow, which is hard to see on white. Grey is for
# what is in the background.
BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
PALETTE = (BLUE, VERMILLION, GREEN, "#CC79A7", "#E69F00", "#56B4E9", "#882255", INK)
INFERRED, TRUE = BLUE, INK
TRAIN, VALID = BLUE, VERMILLION
DOTTED = (0, (2, 2))
FONTS = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")


@functools.cache
def fonts() -> list[str]:
    """Of `FONTS`, those that this machine has."""
    present = set(font_manager.get_font_names())
    return [name for name in FONTS if name in present]


def settings() -> dict[Any, Any]:
    """Matplotlib settings of every figure, where they differ from its defaults."""
    now = sizes()
    inked = ("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color")
    absent = ("axes.spines.top", "axes.spines.right", "axes.formatter.useoffset", "legend.frameon")
    return {
        "font.family": fonts(),
        **dict.fromkeys(("font.size", "axes.titlesize", "axes.labelsize"), now.text_pt),
        **dict.fromkeys(("legend.fontsize", "legend.title_fontsize"), now.small_pt),
        "axes.linewidth": 0.8 * now.marks,
        **dict.fromkeys(inked, INK),
        **dict.fromkeys(absent, False),
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "legend.handlelength": 1.4,
        "lines.solid_capstyle": "round",
        "savefig.dpi": 200,
        "svg.fonttype": "none",  # text stays text: searchable, and editable in a drawing program
        "svg.hashsalt": "lfads",
    }


def in_style(plot: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw with the house's settings, and leave the caller's as they were.

    Of the keywords of a function, `style` says how large all is drawn, and `ax` or `figure` where.
    """

    @functools.wraps(plot)
    def styled(*args: P.args, **kwargs: P.kwargs) -> Figure:
        name: Any = kwargs.get("style")
        where: Any = kwargs.get("ax") or kwargs.get("figure")
        with sized(name) as now, mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(settings())
            before = [] if where is None else artists_of(where)
            if isinstance(where, Axes):
                dress(where)
            figure = plot(*args, **kwargs)
            if name is not None:
                known = set(map(id, before))
                drawn = [a for a in artists_of(where or figure) if id(a) not in known]
                scale_marks(drawn, now.marks)
            return figure

    return styled


def new_figure(height_in: float) -> Figure:
    """An empty figure of the common width; its height is as in the usual style."""
    size = (sizes().width_in, sizes().height * height_in)
    return NotebookFigure(figsize=size, layout=layout())


def layout() -> ConstrainedLayoutEngine:
    """How panels and keys of a figure share its place."""
    return ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.05, wspace=0.03, hspace=0.04)


def dress(axes: Axes) -> None:
    """Make a panel of the user's look like one of ours."""
    axes.spines[["top", "right"]].set_visible(False)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set(fontsize=text_size(), fontfamily=fonts(), color=INK)
    for title in (axes.title, getattr(axes, "_left_title", axes.title)):
        title.set_fontfamily(fonts())


def text_size() -> float:
    """Of titles, in points."""
    return sizes().text_pt


def small_size() -> float:
    """Of what stands in panels and keys, in points."""
    return sizes().small_pt


def tidy(axes: Axes) -> None:
    """Small outward ticks; kept on the axes, since ticks are made when the figure is drawn."""
    axes.tick_params(
        labelsize=small_size(), length=3 * sizes().marks, width=0.8 * sizes().marks,
        direction="out", labelfontfamily=fonts(),
    )  # fmt: skip


def over_time(axes: Axes, time_s: np.ndarray, *, lowest: bool = True) -> None:
    """Finish a panel over time: its ticks, its axis, and time 0, the event of alignment.

    The axis is named in the lowest panel of a column and bears no numbers in others. The event is a thin
    line if it lies inside the trial.
    """
    tidy(axes)
    if time_s[0] < 0 < time_s[-1]:
        axes.axvline(0.0, color=GREY, linewidth=0.7, linestyle=DOTTED, zorder=0)
    if lowest:
        axes.set_xlabel("time (s)")
    axes.tick_params(labelbottom=lowest)


def plain_log_ticks(axis: Axis, subs: Sequence[float]) -> None:
    """Plain numbers on a logarithmic axis, at these multiples of powers of ten."""
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def panels_of(figure: Figure | SubFigure, num: int, num_columns: int, **shared: Any) -> list[Axes]:
    """So many panels, row by row; places that are left over stay empty."""
    num_rows = -(-num // num_columns)
    grid = list(np.ravel(figure.subplots(num_rows, num_columns, squeeze=False, **shared)))
    for axes in grid[num:]:
        axes.set_axis_off()
    return grid[:num]


def draw_image(axes: Axes, values: np.ndarray, extent: Any, **form: Any) -> AxesImage:
    """Values as colours, cell by cell, between edges left, right, below, above; pale if not finite."""
    image = axes.imshow(
        np.ma.masked_invalid(values), aspect="auto", interpolation="nearest", extent=extent, **form
    )
    image.set_cmap(image.get_cmap().with_extremes(bad=PALE))
    return image


def draw_scale(
    figure: Any, colors: ScalarMappable, beside: Any, label: str, **form: Any
) -> Colorbar:
    """What colours mean, beside one panel or several."""
    bar = figure.colorbar(colors, ax=beside, label=label, **form)
    bar.outline.set_visible(False)
    tidy(bar.ax)
    return bar


def as_label(value: object, longest: int = 24) -> str:
    """A user's word as text of a figure: shortened, and never read as mathematics."""
    text = " ".join(str(value).split())
    if text.startswith("-") and not isinstance(value, str):
        text = f"−{text[1:]}"
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return text.replace("$", r"\$")


def bin_edges_s(time_s: np.ndarray, bin_width_s: float) -> tuple[float, float]:
    """Start of the first bin and end of the last."""
    return float(time_s[0]), float(time_s[-1] + bin_width_s)


def halves(
    figure: Figure | SubFigure, width_ratios: tuple[float, float]
) -> tuple[SubFigure, SubFigure]:
    """Two parts of a figure beside each other."""
    left, right = np.ravel(np.asarray(figure.subfigures(1, 2, width_ratios=width_ratios)))
    return left, right
