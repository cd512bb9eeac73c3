"""A self-contained HTML page of figures and tables: no script, no network, readable when printed."""

import io
import re
import warnings
from collections.abc import Sequence
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure

from lfads.plots.style import settings

STYLE = """
:root { color-scheme: light dark; --ink: #1d1f23; --soft: #5c636e; --line: #dfe2e7; --back: #fff;
  --panel: #f6f7f9; --accent: #0072b2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #a3abb6; --line: #363b43;
  --back: #16181c; --panel: #1f2227; --accent: #6cb8ea; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 3rem 0 .8rem; padding-top: .6rem; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; }
h3 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { margin: .5rem 0; max-width: 75ch; }
ul { padding-left: 1.2rem; }
li { margin: .45rem 0; max-width: 85ch; }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.result { font-size: 1.1rem; }
.note { color: var(--soft); }
nav { margin: 1rem 0 0; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; }
nav a { white-space: nowrap; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
figure { margin: 1rem 0 2rem; }
figure svg { display: block; width: 100%; height: auto; background: #fff; border-radius: 6px;
  padding: 10px; border: 1px solid var(--line); }
figure svg text { font-family: Arial, Helvetica, "Liberation Sans", "DejaVu Sans", sans-serif
  !important; }
figcaption { color: var(--soft); font-size: .9rem; margin-top: .5rem; max-width: 95ch; }
.wide { overflow-x: auto; }
details > summary { cursor: pointer; color: var(--soft); }
@media (max-width: 700px) { main { padding: 1.5rem 1rem 3rem; } figure svg { min-width: 760px; } }
table { border-collapse: collapse; font-size: .9rem; margin: .6rem 0 1rem;
  font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .28rem 1.1rem .28rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: break-word; }
thead th { color: var(--soft); font-weight: 600; }
tbody th { font-weight: 500; }
td.number, th.number { text-align: right; }
td.number, thead + tbody th { white-space: nowrap; }
thead th { vertical-align: bottom; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 0 2.5rem; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem;
  overflow-x: auto; font: .85rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
@media print { :root { --ink: #000; --soft: #444; --line: #ccc; --back: #fff; --panel: #fff;
  --accent: #000; } body { font-size: 10pt; } main { max-width: none; padding: 0; } nav { display: none; }
  figure, table, pre { break-inside: avoid; } h2, h3 { break-after: avoid; }
  figure svg { border: 0; padding: 0; min-width: 0; } pre { white-space: pre-wrap; }
  details::details-content { content-visibility: visible; block-size: auto; } }
"""


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
    links = "".join(f'<a href="#{key}">{escape(words)}</a>' for key, words, _ in sections)
    body = [
        f"<header><h1>{escape(title)}</h1>",
        f'<p class="result">{escape(result)}</p>',
        f"<nav>{links}</nav></header>",
    ]
    for key, words, parts in sections:
        body += [f'<section id="{key}"><h2>{escape(words)}</h2>', *parts, "</section>"]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def figure_block(figure: Figure, name: str, caption: str) -> str:
    """A figure with its caption; `name` is its id and keeps its own ids apart from others'."""
    summary = caption.split(". ")[0]
    svg = inline_svg(figure, name)
    return (
        f'<figure id="{escape(name)}">\n<div class="wide">'
        + svg.replace("<svg ", f'<svg role="img" aria-label="{escape(summary)}" ', 1)
        + f"</div>\n<figcaption>{escape(caption)}</figcaption>\n</figure>"
    )


def inline_svg(figure: Figure, prefix: str) -> str:
    """A figure as an SVG element; rasters inside it are PNG."""
    drawn = io.StringIO()
    with mpl.rc_context(), warnings.catch_warnings():
        # The browser has letters that the font used for the layout lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        for name, value in settings().items():
            mpl.rcParams[name] = value  # pyright: ignore[reportArgumentType]
        blank = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(drawn, format="svg", metadata=blank)
    svg = drawn.getvalue()
    svg = svg[svg.index("<svg ") :].rstrip()
    # HTML needs neither namespaces nor comments; ids must differ between figures of a page.
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    # A hundredth of a point is far finer than a screen; more digits make a page a third larger.
    svg = re.sub(r'\sd="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), svg)
    svg = svg.replace("xlink:href=", "href=")
    svg = re.sub(r'(<[^<>]*?\sid=")', rf"\g<1>{prefix}-", svg)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", svg)


def note(text: str) -> str:
    """A paragraph in small print."""
    return f'<p class="note">{escape(text)}</p>'


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
