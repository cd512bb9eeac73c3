"""The notebooks of `examples/`: run as they stand, in order, from public names, and fit to be shown."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

import lfads
from lfads import plots

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
MOST_BYTES, MOST_S = 400_000, 180
OF_MACHINES = re.compile(r"/(home|root|tmp|Users|opt|var|mnt|work)/|[A-Z]:\\")

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_of(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tree_of(notebook: Any) -> ast.Module:
    lines = "\n".join(cell.source for cell in code_of(notebook)).splitlines()
    return ast.parse("\n".join(re.sub(r"^(\s*)%.*", r"\1pass", line) for line in lines))


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import run_notebooks  # pyright: ignore[reportMissingImports]

    return run_notebooks


@each
def test_it_was_run_as_it_stands_in_order_and_in_time(path: Path, runner: Any):
    notebook = read(path)
    cells = code_of(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [out for cell in cells for out in cell.outputs if out.output_type == "error"]
    assert notebook.metadata["lfads"]["cells"] == runner.mark_of_cells(notebook)
    assert notebook.metadata["lfads"]["seconds"] <= MOST_S


@each
def test_it_is_small_has_pictures_and_names_no_machine(path: Path):
    notebook = read(path)
    assert path.stat().st_size < MOST_BYTES
    outputs = [out for cell in code_of(notebook) for out in cell.outputs]
    assert sum("image/png" in out.get("data", {}) for out in outputs) >= 1
    said = [json.dumps({k: v for k, v in out.items() if k != "data"}) for out in outputs]
    shown = [v for out in outputs for k, v in out.get("data", {}).items() if k != "image/png"]
    sources = [cell.source for cell in notebook.cells]
    assert not [text for text in (*said, *shown, *sources) if OF_MACHINES.search(text)]


@each
def test_it_takes_public_names_alone(path: Path):
    for node in ast.walk(tree_of(read(path))):
        match node:
            case ast.Import(names=names):
                assert not [one.name for one in names if one.name.startswith("lfads.")]
            case ast.ImportFrom(module="lfads.plots", names=names):
                assert {one.name for one in names} <= {*plots.__all__}
            case ast.ImportFrom(module=module):
                assert not (module or "").startswith("lfads")
            case ast.Attribute(value=ast.Name(id="lfads"), attr=name):
                assert name in {*lfads.__all__, "plots"}
            case ast.Attribute(attr=name):
                assert not name.startswith("_")


@each
def test_it_begins_with_a_title_and_the_install_line_and_links_lead_somewhere(path: Path):
    notebook = read(path)
    assert notebook.cells[0].source.startswith("# ")
    first = code_of(notebook)[0].source
    assert 'find_spec("lfads") is None' in first
    assert "%pip install" in first
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    assert targets
    assert not [t for t in targets if "//" not in t and not (EXAMPLES / t).exists()]


def test_each_has_a_card_and_a_place_in_the_gallery():
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        assert re.search(rf"^{path.stem}: ", page, re.MULTILINE)
        assert re.search(rf"^gallery/{path.stem}$", page, re.MULTILINE)


def test_colab_is_offered_where_the_project_names_its_repository(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))
    import gallery_pages  # pyright: ignore[reportMissingImports]

    line = gallery_pages.where_to_get("search", "lab/lfads")
    assert "github/lab/lfads/blob/main/examples/search.ipynb" in line
    assert "github/" not in gallery_pages.where_to_get("search", "")


def test_code_that_changed_is_told_from_words_that_did(runner: Any, tmp_path: Path):
    file = tmp_path / "one.py"
    marks = []
    for text in ('"""Doc."""\nx = 1\n', "x = 1  # why\n", "x = 2\n"):
        file.write_text(text, encoding="utf-8")
        marks.append(runner.what_runs(file))
    assert marks[0] == marks[1]
    assert marks[1] != marks[2]


def test_a_notebook_that_takes_too_long_is_not_kept(
    runner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(runner, "NotebookClient", Kernel)
    monkeypatch.setattr(runner, "PACKAGE", tmp_path)
    path = tmp_path / "one.ipynb"
    cell = nbformat.v4.new_code_cell("1 + 1", id="one")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    before = path.read_bytes()
    assert runner.run(path, path, tmp_path, 0.0) > 0
    assert path.read_bytes() == before
    runner.run(path, path, tmp_path, 60.0)
    (done,) = read(path).cells
    assert done.outputs[0]["text"] == "UserWarning: few trials\n"
    assert runner.is_of_this_code(read(path))
    done.source = "1 + 2"
    assert not runner.is_of_this_code(nbformat.v4.new_notebook(cells=[done]))


class Kernel:
    """In the place of one: every cell warns."""

    def __init__(self, notebook: Any, **_: Any) -> None:
        self.notebook = notebook

    def execute(self) -> None:
        text = "/tmp/ipykernel_7/123.py:1: UserWarning: few trials\n"
        for cell in self.notebook.cells:
            cell.outputs = [nbformat.v4.new_output("stream", name="stderr", text=text)]
