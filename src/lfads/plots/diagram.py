"""Diagrams of a network, with its own sizes: how it makes data, and how it infers (Figs. S11 and S12).

Pandarinath et al. 2018, Supplementary Figs. 11 and 12. What a network has not (a read-in, inputs, a
backward encoder) is not drawn.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from lfads.checks import many
from lfads.config import ModelSettings
from lfads.data.session import STORED
from lfads.model.observations.named import names_of
from lfads.model.shapes import Shapes
from lfads.parts import part
from lfads.plots.canvas import canvas, whole_of
from lfads.plots.diagram_marks import arrow, blank, box, words
from lfads.plots.sizes import StyleName
from lfads.plots.style import in_style

_CALLED = {
    "autoregressive": "AR(1), learned", "gaussian": "independent in each bin",
    "fixed_gaussian": "fixed normal", "learned_gaussian": "learned normal", "none": "none",
    "gru": "GRU", "lru": "LRU", "vanilla_rnn": "vanilla RNN", "low_rank_rnn": "low-rank RNN",
    "residual_mlp": "residual MLP", "student_t": "Student's t in each bin", "poisson": "Poisson",
}  # fmt: skip


@in_style
def plot_generative_model(
    model: ModelSettings,
    shapes: Shapes,
    *,
    figure: Figure | SubFigure | None = None,
    style: StyleName | None = None,
) -> Figure:
    """How the network makes data, bin by bin, with its sizes at the arrows (as Fig. S11).

    Parameters
    ----------
    model, shapes
        Settings, every size known, and what the data fixed: `run.model.config`, `run.model.shapes`.
    figure
        Draw into this, a part of a larger one.
    style
        `talk` or `paper`, for slides or a page; None for screens.
    """
    driven = bool(model.num_inferred_inputs) or _measured(model, shapes)
    top = 41.0 if driven else 29.0
    figure = canvas(figure, top / 10)
    axes = figure.subplots()
    blank(axes, (0, 100), (0, top))
    columns, units = (34.0, 56.0, 86.0), model.generator_size
    latent = f"{model.initial_condition_size}"
    box(axes, (8, 25), (13, 6), "drives", "$z_0$", "drawn from\nits prior")
    arrow(axes, [(14.5, 25), (27.5, 25)], f"{latent} → {units}\nlinear", (20.9, 25.5))
    words(axes, (20.9, 23.4), "$g_0$")
    for x, bin_ in zip(columns, ("1", "2", "T"), strict=True):
        _column(axes, x, bin_, model, shapes, labelled=bin_ == "1")
    arrow(axes, [(40.5, 25), (49.5, 25)], f"{units}")
    arrow(axes, [(62.5, 25), (68, 25)], f"{units}")
    words(axes, (71, 25), "…")
    arrow(axes, [(74, 25), (79.5, 25)])
    if model.num_inferred_inputs:
        prior = _called(model.inferred_input_prior)
        words(axes, (8, 39.5), f"inputs drawn from\ntheir prior:\n{prior}")
    return whole_of(figure)


def _column(
    axes: Axes, x: float, bin_: str, model: ModelSettings, shapes: Shapes, *, labelled: bool
) -> None:
    """One bin: its inputs, the generator's state, factors, rates and what is observed."""
    units, factors = model.generator_size, model.num_factors
    measured = _measured(model, shapes)
    inferred, sub = model.num_inferred_inputs, "{" + bin_ + "}"
    apart = 4.4 if measured and inferred else 0.0
    if inferred:
        _into(axes, x - apart, x, f"$u_{sub}$", f"{inferred}", "drives")
    if measured:
        _into(axes, x + apart, x, f"$a_{sub}$", f"{shapes.num_external_inputs}", "data")
    box(axes, (x, 25), (13, 5), "runs", f"$g_{sub}$", _called(model.generator) if labelled else "")
    arrow(axes, [(x, 22.5), (x, 18.2)], f"{units} → {factors}", (x + 0.8, 19.6), aligned="left")
    box(axes, (x, 16), (13, 4.4), "runs", f"$f_{sub}$", "factors" if labelled else "")
    neurons = f"{factors} → {_neurons(shapes)}"
    arrow(axes, [(x, 13.8), (x, 9.7)], neurons, (x + 0.8, 10.9), aligned="left")
    box(axes, (x, 7.5), (13, 4.4), "data", f"$r_{sub}$", "rates" if labelled else "")
    arrow(axes, [(x, 5.3), (x, 2.4)], _called(model.observation), (x + 0.8, 2.9), aligned="left")
    words(axes, (x, 1.2), f"$x_{sub}$")


def _into(axes: Axes, x: float, to: float, name: str, size: str, role: str) -> None:
    box(axes, (x, 37), (6.4, 4), "drives" if role == "drives" else "data", name)
    near = to + 0.45 * (x - to)
    left = x < to
    at = (x - 1.0 if left else x + 1.0, 30.5)
    arrow(axes, [(x, 35), (near, 27.5)], size, at, aligned="right" if left else "left")


@in_style
def plot_inference_network(
    model: ModelSettings,
    shapes: Shapes,
    *,
    figure: Figure | SubFigure | None = None,
    style: StyleName | None = None,
) -> Figure:
    """The whole network, from what was recorded to rates, with its sizes at the arrows (as Fig. S12).

    Parameters
    ----------
    model, shapes
        Settings, every size known, and what the data fixed: `run.model.config`, `run.model.shapes`.
    figure
        Draw into this, a part of a larger one.
    style
        `talk` or `paper`, for slides or a page; None for screens.
    """
    lowest = 1.0 if model.num_inferred_inputs else 8.0
    figure = canvas(figure, (46 - lowest) / 10)
    axes = figure.subplots()
    blank(axes, (0, 100), (lowest, 46))
    seen, split = _encoded(axes, model, shapes)
    _initial_condition(axes, model, seen, split)
    if model.num_inferred_inputs:
        _controller(axes, model, seen, split)
    _generator(axes, model, shapes)
    return whole_of(figure)


def _encoded(axes: Axes, model: ModelSettings, shapes: Shapes) -> tuple[str, float]:
    """What was recorded, read-in, measured inputs that encoders see: their size, and where ways part."""
    bins = f"{shapes.num_encoded_bins} bins"
    several = len(shapes.sessions) > 1
    kinds = {part("observations", name).load().kind for name in names_of(model.observation)}
    recorded = " and ".join(STORED[kind] for kind in sorted(kinds))
    who = f"{len(shapes.sessions)} sessions" if several else many(shapes.num_neurons, "neuron")
    box(axes, (7, 27), (12, 7), "data", recorded, f"{bins}\n{who}")
    size, x = f"{_neurons(shapes, encoded=True)}", 13.0
    if model.read_in_size:
        arrow(axes, [(13, 27), (17.5, 27)], size if len(size) < 5 else "", None)
        box(axes, (21.5, 27), (8, 6), "sees", "read-in", "a session" if several else "linear")
        if len(size) >= 5:
            words(axes, (15.3, 29.6), size)
        size, x = f"{model.read_in_size}", 25.5
    if shapes.num_external_inputs and model.encodes_external_inputs:
        box(axes, (14, 14), (14, 6), "data", "measured\ninputs")
        arrow(axes, [(21, 14), (28, 14), (28, 22)], f"{shapes.num_external_inputs}", (24.5, 14.3))
        size = f"{size}+{shapes.num_external_inputs}"
    axes.plot([x, 28], [27, 27], color="#262626", linewidth=1.1, zorder=1)
    return size, 28.0


def _initial_condition(axes: Axes, model: ModelSettings, seen: str, x: float) -> None:
    latent = model.initial_condition_size
    arrow(axes, [(x, 27), (x, 41), (33, 41)], seen, (30.4, 41.4))
    segment = (
        f", first {model.initial_condition_length} bins" if model.initial_condition_length else ""
    )
    kind = _called(model.encoder)
    encoder = f"{kind} → {model.encoder_size}, ← {model.encoder_size}{segment}"
    box(axes, (43, 41), (20, 7), "sees", "initial-condition encoder", encoder)
    arrow(axes, [(53, 41), (60, 41)], f"{2 * model.encoder_size}")
    box(axes, (66, 41), (12, 7), "sees", "$q(z_0)$", f"{many(latent, 'mean')},\nvariances")
    arrow(
        axes,
        [(72, 41), (78, 41), (78, 31)],
        f"{latent} → {model.generator_size}",
        (78.8, 35.2),
        aligned="left",
    )
    words(axes, (66, 35.6), "KL to $p(z_0)$")


def _controller(axes: Axes, model: ModelSettings, seen: str, x: float) -> None:
    inputs, directions = model.num_inferred_inputs, 1 if model.causal else 2
    arrow(axes, [(x, 27), (x, 12), (33, 12)], seen, (30.4, 12.4))
    back = "" if model.causal else f", ← {model.encoder_size}"
    box(
        axes,
        (43, 12),
        (20, 7),
        "sees",
        "controller-input encoder",
        f"{_called(model.encoder)} → {model.encoder_size}{back}",
    )
    encoded, lag = directions * model.encoder_size, model.controller_lag
    arrow(axes, [(53, 12), (58, 12)], f"{encoded}")
    box(axes, (63.5, 12), (11, 7), "drives", "controller", f"GRU, {model.controller_size}")
    words(axes, (53.5, 17.4), f"lag: {many(lag, 'bin')}")
    arrow(axes, [(69, 12), (72.6, 12)])
    words(axes, (70.8, 14.3), f"{model.controller_size}")
    box(axes, (78, 12), (10.8, 7), "drives", "$q(u_t)$", f"{many(inputs, 'mean')},\nvariances")
    prior = _called(model.inferred_input_prior)
    words(axes, (78, 6.8), f"KL to $p(u)$: {prior}")
    arrow(axes, [(78, 15.5), (78, 23)], f"{inputs}", (77.2, 18.4), aligned="right")
    factors = f"{model.num_factors}, of the bin before"
    arrow(axes, [(92, 23.5), (92, 2.6), (63.5, 2.6), (63.5, 8.5)], factors, (84, 2.9))


def _generator(axes: Axes, model: ModelSettings, shapes: Shapes) -> None:
    units, factors = model.generator_size, model.num_factors
    if _measured(model, shapes):
        box(axes, (58, 27), (14, 6), "data", "measured\ninputs")
        arrow(axes, [(65, 27), (71.5, 27)], f"{shapes.num_external_inputs}")
    box(axes, (78, 27), (13, 8), "runs", "generator", f"{_called(model.generator)},\n{units} units")
    arrow(axes, [(84.5, 27), (88.2, 27)])
    words(axes, (86.2, 29.6), f"{units}")
    box(axes, (92, 27), (7.6, 7), "runs", "factors", f"{factors}")
    rates = f"{factors} → {_neurons(shapes)}"
    arrow(axes, [(92, 30.5), (92, 37.5)], rates, (91.2, 33.2), aligned="right")
    box(axes, (92, 41), (13, 7), "data", "rates", f"{_called(model.observation)}\nlikelihood")


def _measured(model: ModelSettings, shapes: Shapes) -> bool:
    """Whether measured inputs drive the generator."""
    return shapes.num_external_inputs > 0 and model.drives_by_external_inputs


def _called(name: str) -> str:
    """A part's name as people write it."""
    return _CALLED.get(name, name.replace("_", " ").replace(" + ", ",\n"))


def _neurons(shapes: Shapes, *, encoded: bool = False) -> str:
    """Of a session: one number, or a range."""
    counts = [s.num_encoded_neurons if encoded else s.num_neurons for s in shapes.sessions]
    least, most = min(counts), max(counts)
    return f"{least}" if least == most else f"{least}–{most}"
