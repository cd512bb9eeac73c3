"""`{parts} observations`: the parts of a kind that come with the library, from its registry."""

import inspect

from docutils import nodes
from settings_tables import markdown_table
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lfads.parts import OURS, parts


class Parts(SphinxDirective):
    """A table of names and what each says of itself."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The table; a sentence if there is none."""
        kind = self.arguments[0]
        ours = [part for name, part in parts(kind).items() if name in OURS.get(kind, {})]
        if not ours:
            return [nodes.paragraph(text="None comes with the library.")]
        rows = [
            [f"`{part.name}`", (inspect.getdoc(part.load()) or "").partition("\n")[0]]
            for part in ours
        ]
        return self.parse_text_to_nodes(markdown_table(["name", "what"], rows))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("parts", Parts)
    return {"parallel_read_safe": True}
