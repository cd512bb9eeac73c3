"""A notebook shows what its cells end with; `plt.show()` shows figures, where the user has pyplot."""

import sys

import pytest
from matplotlib.figure import Figure
from tests.plots.posteriors import inferred, lorenz

from lfads import plots
from lfads.plots.notebook import MOST_SHOWN
from lfads.plots.trials import plot_trials

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

BEGIN = """
import sys; sys.path.insert(0, ".")
import lfads
from lfads import plots
from tests.plots.posteriors import lorenz, metrics, posterior_of
dataset = lorenz(3, 4, num_neurons=5, num_bins=20)
posterior = posterior_of(dataset); of = posterior.dataset; session = dataset.session
assert "matplotlib.pyplot" not in sys.modules
"""
PICTURES = (
    "plots.plot_trials(of, session)",
    "plots.plot_rate_traces(of, session, neurons=[1], trials=[0])",
    "plots.plot_psths(of, session, neurons=[0, 2])",
    "plots.plot_factors(of)",
    "plots.plot_factor_time_courses(of, factors=[0])",
    "plots.plot_initial_conditions(of)",
    "plots.plot_inferred_inputs(of)",
    "plots.plot_learning_curves(metrics(5))",
)
TABLES = ("dataset", "session", "posterior", "lfads.RunConfig()")
WITH_PYPLOT = (
    "import matplotlib.pyplot as plt",
    "plots.plot_learning_curves(metrics(5))",
    "_ = plots.plot_learning_curves(metrics(5))",
    "_ = plots.plot_learning_curves(metrics(5)); plt.show(); None",
)


@pytest.fixture(scope="module")
def outputs() -> list[list[str]]:
    """The kinds of what each cell shows, in a kernel of its own."""
    sources = (BEGIN, *PICTURES, *TABLES, *WITH_PYPLOT)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MPLBACKEND", raising=False)  # a kernel chooses its own: pictures in the page
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [
        [kind for shown in cell.outputs for kind in shown.get("data", {})]
        for cell in notebook.cells
    ]


def test_every_cell_shows_a_picture_or_a_table(outputs):
    of_cells = outputs[1 : 1 + len(PICTURES) + len(TABLES)]
    assert len(of_cells) == 12
    assert all(kinds.count("image/png") == 1 for kinds in of_cells[: len(PICTURES)])
    assert all("text/html" in kinds for kinds in of_cells[len(PICTURES) :])


def test_with_pyplot_each_figure_is_shown_once(outputs):
    assert [kinds.count("image/png") for kinds in outputs[-len(WITH_PYPLOT) :]] == [0, 1, 1, 1]


@pytest.fixture
def pyplot():
    """As imported by a user, for one test: the library's figures are pyplot's from then on."""
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")
    del sys.modules["matplotlib.pyplot"]


def test_pyplot_shows_figures_of_the_user_alone(pyplot):
    pyplot.close("all")  # of other tests
    dataset = lorenz(2, 2, num_neurons=2, num_bins=4)
    posterior, session = inferred(dataset.session, dataset), dataset.session
    figure = plots.plot_trials(posterior, session)
    assert pyplot.gcf() is figure
    plot_trials(posterior, session)  # as reports call it
    own = Figure()
    plots.plot_trials(posterior, session, figure=own)
    plots.plot_trials(posterior, session, trials=[0], ax=own.subplots())
    assert len(pyplot.get_fignums()) == 1
    lines = [{"epoch": 1, "train_nll": 1.0}]
    for _ in range(MOST_SHOWN):
        plots.plot_learning_curves(lines)
    assert len(pyplot.get_fignums()) == MOST_SHOWN, "those before are closed"
