"""Draw equations as MathML at build time, with the converter that comes with docutils.

Browsers draw MathML by themselves, so pages show their equations without a script or a network.
"""

import xml.etree.ElementTree as ET
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
ACCENTS = set("ˆˉ¯~˜→←ˇ")
ET.register_namespace("", NAMESPACE)


def mathml(tex: str, *, as_block: bool) -> str:
    """LaTeX as MathML."""
    text = tex2mathml(tex, as_block=as_block)
    text = text.replace("&ApplyFunction;", "\N{FUNCTION APPLICATION}")
    text = text.replace("\N{MODIFIER LETTER MACRON}", "\N{MACRON}")  # fonts put it above the letter
    root = ET.fromstring(text)
    for element in list(root.iter()):
        _put_subscript_beside(element)
        _space_function(element)
    return ET.tostring(root, encoding="unicode")


def _put_subscript_beside(element: ET.Element) -> None:
    """A subscript of an accented letter belongs beside it; docutils puts it under the letter."""
    if _name(element) != "munderover" or (element[2].text or "").strip() not in ACCENTS:
        return
    letter, subscript, accent = list(element)
    element.clear()
    element.tag = f"{{{NAMESPACE}}}msub"
    accented = ET.SubElement(element, f"{{{NAMESPACE}}}mover", accent="true")
    accented.extend([letter, accent])
    element.append(subscript)


def _space_function(parent: ET.Element) -> None:
    """A thin space between `log` and what follows, which browsers leave out."""
    for place, child in enumerate(list(parent)[1:], start=1):
        name = (parent[place - 1].text or "").strip()
        if (child.text or "").strip() == "\N{FUNCTION APPLICATION}" and name == "log":
            child.clear()
            child.tag = f"{{{NAMESPACE}}}mspace"
            child.set("width", "0.17em")


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def inline(translator: Any, node: nodes.math) -> None:
    """An equation within text."""
    translator.body.append(mathml(node.astext(), as_block=False))
    raise nodes.SkipNode


def display(translator: Any, node: nodes.math_block) -> None:
    """An equation on lines of its own, aligned at `&` where it has several."""
    text = node.astext().strip()
    if r"\\" in text and r"\begin" not in text:
        text = rf"\begin{{aligned}}{text}\end{{aligned}}"
    translator.body.append(translator.starttag(node, "div", CLASS="math-display"))
    translator.body.append(mathml(text, as_block=True))
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer `mathml`."""
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
