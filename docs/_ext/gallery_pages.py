"""The notebooks of `examples/` as pages, as they were run, and `{gallery}`: a card for each.

Pages are copies in `docs/gallery`, which git ignores; links to `../docs/` lead there. Below a title
stands where the file can be had: for download, and on Colab where `pyproject.toml` says which repository on
GitHub this is.
"""

import base64
import tomllib
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

DOCS = Path(__file__).parent.parent
ROOT = DOCS.parent
EXAMPLES = ROOT / "examples"
PAGES = DOCS / "gallery"
THUMBNAIL = "thumbnail"
"""Tag of the cell whose picture stands on the card."""


def repository() -> str:
    """`owner/name` on GitHub; empty where the project names none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    address = project.get("urls", {}).get("Repository", "")
    return address.partition("github.com/")[2].strip("/").removesuffix(".git")


def where_to_get(name: str, repository: str) -> str:
    """The line below a title.

    >>> where_to_get("search", "lab/lfads")
    '{download}`Download the notebook <search.ipynb>` · [Open in Colab](https://colab.research.google.com/github/lab/lfads/blob/main/examples/search.ipynb)'
    """
    colab = f"https://colab.research.google.com/github/{repository}/blob/main/examples/{name}.ipynb"
    there = (
        f"[Open in Colab]({colab})"
        if repository
        else "[Colab](https://colab.research.google.com/) opens it by *File, Upload notebook*"
    )
    return f"{{download}}`Download the notebook <{name}.ipynb>` · {there}"


def as_page(notebook: Any, name: str, repository: str) -> Any:
    """The notebook with links that lead to pages, and where to get it."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("](../docs/", "](../")
    title, _, rest = notebook.cells[0].source.partition("\n")
    notebook.cells[0].source = f"{title}\n\n{where_to_get(name, repository)}\n{rest}"
    return notebook


def write_pages(app: Sphinx) -> None:
    """A page for each notebook, written where it changed, so that others are not built anew."""
    PAGES.mkdir(exist_ok=True)
    found = sorted(EXAMPLES.glob("*.ipynb"))
    for old in {*PAGES.glob("*.ipynb")} - {PAGES / path.name for path in found}:
        old.unlink()
    for path in found:
        page = as_page(nbformat.read(path, as_version=4), path.stem, repository())
        text, place = nbformat.writes(page), PAGES / path.name
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            place.write_text(text, encoding="utf-8")


def picture_of(notebook: Any, name: str) -> bytes:
    """PNG of the first cell with the tag."""
    for cell in notebook.cells:
        if THUMBNAIL in cell.metadata.get("tags", ()):
            for output in cell.outputs:
                if picture := output.get("data", {}).get("image/png"):
                    return base64.b64decode(picture)
    raise ExtensionError(f"examples/{name}.ipynb: no cell with the tag `{THUMBNAIL}` has a picture")


class Gallery(SphinxDirective):
    """`{gallery}`: cards of the notebooks that its lines name, each `name: what it shows`."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Cards, whose pictures are those of the notebooks."""
        grid = nodes.container(classes=["gallery"])
        for line in filter(None, self.content):
            name, _, words = line.partition(": ")
            path = EXAMPLES / f"{name}.ipynb"
            self.env.note_dependency(str(path))
            notebook = nbformat.read(path, as_version=4)
            place = Path(self.env.app.outdir) / "_static" / "gallery" / f"{name}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(picture_of(notebook, name))
            title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
            seconds = notebook.metadata["lfads"]["seconds"]
            card = nodes.raw(
                "",
                _CARD.format(name=name, title=title, words=words, seconds=seconds),
                format="html",
            )
            grid += card
        return [grid]


_CARD = (
    '<a class="card-of-gallery" href="gallery/{name}.html"><img src="_static/gallery/{name}.png" alt=""/>'
    "<strong>{title}</strong><span>{words}</span><small>{seconds} s of processor time</small></a>"
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.add_directive("gallery", Gallery)
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
