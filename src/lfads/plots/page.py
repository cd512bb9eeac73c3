"""A self-contained HTML page of figures and tables: no network, readable when printed and without scripts.

The only script is that which turns figures in three dimensions (`turning.js`).
"""

import io
import re
import warnings
from collections.abc import Sequence
from html import escape
from importlib import resources

import matplotlib as mpl
from matplotlib.figure import Figure

from lfads.plots.style import settings
from lfads.plots.turning import mark_names, script_for, turning


def page(title: str, result: str, sections: Sequence[tuple[str, str, Sequence[str]]]) -> str:
    """A whole page of sections.

    Parameters
    ----------
    title
        Of the page, and its heading.
    result
        The sentence below the heading.
    sections
        Id, title, and parts that are HTML already.
    """
    style = resources.files("lfads.plots").joinpath("page.css").read_text(encoding="utf-8")
    links = "".join(f'<a href="#{key}">{escape(words)}</a>' for key, words, _ in sections)
    body = [
        f"<header><h1>{escape(title)}</h1>",
        f'<p class="result">{escape(result)}</p>',
        f"<nav>{links}</nav></header>",
    ]
    for key, words, parts in sections:
        body += [f'<section id="{key}"><h2>{escape(words)}</h2>', *parts, "</section>"]
    whole = "\n".join(body)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + whole
        + f"\n</main>\n{script_for(whole)}</body>\n</html>\n"
    )


def figure_block(figure: Figure, name: str, caption: str) -> str:
    """A figure with its caption; `name` is its id and keeps its own ids apart from others'.

    A link below saves it: it holds the figure a second time, since a page without a script cannot give
    away what it shows. Panels in three dimensions can be turned.
    """
    summary = caption.split(". ")[0]
    mark_names(figure)
    svg = as_svg(figure)
    return (
        f'<figure id="{escape(name)}">\n<div class="wide">'
        + embedded(svg, name).replace(
            "<svg ", f'<svg role="img" aria-label="{escape(summary)}" ', 1
        )
        + f"</div>\n{turning(figure)}<figcaption>{escape(caption)} "
        f'<a class="save" download="{escape(name)}.svg" href="{data_uri(svg)}">save</a>'
        "</figcaption>\n</figure>"
    )


def inline_svg(figure: Figure, prefix: str) -> str:
    """A figure as an SVG element; rasters inside it are PNG."""
    return embedded(as_svg(figure), prefix)


def as_svg(figure: Figure) -> str:
    """A figure as an SVG that stands by itself; rasters inside it are PNG."""
    drawn = io.StringIO()
    with mpl.rc_context(settings()), warnings.catch_warnings():
        # The browser has letters that the font used for the layout lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        blank = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(drawn, format="svg", metadata=blank)
    svg = drawn.getvalue()
    svg = svg[svg.index("<svg ") :].rstrip()
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\n\s*", "\n", svg)
    # A hundredth of a point is far finer than a screen; more digits make a page a third larger.
    return re.sub(r'\sd="[^"]*"', lambda path: _shorter(path[0]), svg)


def embedded(svg: str, prefix: str) -> str:
    """An SVG as an element of a page, whose ids differ from those of other figures."""
    # HTML needs no namespaces.
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    svg = svg.replace("xlink:href=", "href=")
    svg = re.sub(r'(<image\s[^<>]*?)\sid="[^"]*"', r"\g<1>", svg)  # equal images bear equal ids
    svg = re.sub(r'(<[^<>]*?\sid=")', rf"\g<1>{prefix}-", svg)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", svg)


def data_uri(svg: str) -> str:
    """An SVG as an address that may stand between double quotes: no more than a few signs longer."""
    svg = svg.replace("'", "&apos;").replace('"', "'").replace("//", "&#47;/")
    for sign in "%&#<>\n":
        svg = svg.replace(sign, f"%{ord(sign):02X}")
    return f"data:image/svg+xml,{svg}"


def _shorter(path: str) -> str:
    path = re.sub(r"(\.\d\d)\d+", r"\1", path)
    return re.sub(r"\s+([MLCQZz])\s*", r"\1", path).replace(' "', '"')


def note(text: str) -> str:
    """A paragraph in small print."""
    return f'<p class="note">{escape(text)}</p>'


def paragraph(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>"


def heading(text: str) -> str:
    """The heading of a part of a section."""
    return f"<h3>{escape(text)}</h3>"


def with_code(text: str) -> str:
    """Text as HTML; what stands in backquotes is code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def code(lines: Sequence[str]) -> str:
    """Lines to copy."""
    return f'<pre tabindex="0">{escape(chr(10).join(lines))}</pre>'


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column names the rows; under a header, numbers are set to the right."""
    numeric = [all(_is_number(row[k]) for row in rows) for k in range(len(header))]

    def cell(tag: str, text: str, k: int) -> str:
        kind = ' class="number"' if k and numeric and numeric[k] else ""
        return f"<{tag}{kind}>{escape(text)}</{tag}>"

    head = "".join(cell("th", text, k) for k, text in enumerate(header))
    body = "".join(
        "<tr>" + "".join(cell("td" if k else "th", text, k) for k, text in enumerate(row)) + "</tr>"
        for row in rows
    )
    top = f"<thead><tr>{head}</tr></thead>" if header else ""
    return f'<div class="wide"><table>{top}<tbody>{body}</tbody></table></div>'


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[-–−]?[\d.,eE+\s%–-]*", text))
