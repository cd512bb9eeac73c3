"""Diagrams of networks: the sizes of this one are in them, and nothing that it has not."""

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from lfads.config import ModelSettings
from lfads.model.shapes import SessionShape, Shapes
from lfads.plots import plot_generative_model, plot_inference_network

NAMES = {
    "num_factors": 7, "generator_size": 61, "encoder_size": 23, "controller_size": 19,
    "read_in_size": 0, "initial_condition_size": 11, "observation": "poisson",
}  # fmt: skip


def network(*neurons: int, external: int = 0, **choices) -> tuple[ModelSettings, Shapes]:
    sessions = tuple(SessionShape(n, tuple(range(n - 2))) for n in neurons)
    return ModelSettings(**{**NAMES, **choices}), Shapes(sessions, 50, 5, external)


def words_of(figure: Figure) -> list[str]:
    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_sizes_stand_at_the_arrows():
    shown = words_of(plot_inference_network(*network(30, num_inferred_inputs=3)))
    assert {"28", "46", "19", "3", "11 → 61", "7 → 30", "7, of the bin before"} <= set(shown)
    assert "45 bins\n30 neurons" in shown
    assert "lag: 1 bin" in shown
    made = words_of(plot_generative_model(*network(30, num_inferred_inputs=3)))
    assert {"11 → 61\nlinear", "61", "61 → 7", "7 → 30", "Poisson", "3"} <= set(made)


def test_what_a_network_has_not_is_not_drawn():
    alone = words_of(plot_inference_network(*network(30, num_inferred_inputs=0)))
    assert not [text for text in alone if "controller" in text or "measured" in text]
    assert "read-in" not in alone
    assert "$u_{1}$" not in words_of(plot_generative_model(*network(30, num_inferred_inputs=0)))


def test_sessions_measured_inputs_and_a_causal_network():
    given = network(
        30, 41, external=2, read_in_size=13, causal=True, initial_condition_length=9,
        generator="vanilla_rnn",
    )  # fmt: skip
    shown = words_of(plot_inference_network(*given))
    assert {"read-in", "28–39", "13", "7 → 30–41", "2", "measured\ninputs"} <= set(shown)
    assert "GRU → 23, ← 23, first 9 bins" in shown
    assert "GRU → 23" in shown  # of the controller: no backward part
    assert "vanilla RNN,\n61 units" in shown
    assert "$a_{1}$" in words_of(plot_generative_model(*given))


def test_measured_inputs_that_encoders_see_drive_nothing():
    given = network(30, external=2, external_inputs_to="encoders")
    assert "28+2" in words_of(plot_inference_network(*given))
    assert "$a_{1}$" not in words_of(plot_generative_model(*given))


def test_measured_inputs_may_do_both():
    given = network(30, external=2, external_inputs_to="both")
    assert words_of(plot_inference_network(*given)).count("measured\ninputs") == 2
    assert "$a_{1}$" in words_of(plot_generative_model(*given))


@pytest.mark.parametrize("plot", [plot_generative_model, plot_inference_network])
def test_no_word_lies_on_another(plot):
    figure = plot(*network(97, 120, external=3, read_in_size=20, num_inferred_inputs=4))
    figure.canvas.draw()
    boxes = [t.get_window_extent() for t in figure.findobj(Text) if t.get_text()]
    overlaps = [
        (k, m) for k, a in enumerate(boxes) for m, b in enumerate(boxes[:k])
        if a.shrunk(0.9, 0.8).overlaps(b.shrunk(0.9, 0.8))
    ]  # fmt: skip
    assert not overlaps
