"""Sphinx settings. The build reads nothing from the network, and its pages need none."""

import os
import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

# One core for the page that is run: its network is too small to share.
os.environ.setdefault("LFADS_NUM_THREADS", "1")

project = "lfads"
author = "The lfads developers"
copyright = author
release = version_of("lfads")
version = release

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "command_line",
    "gallery_pages",
    "mathml",
    "parts_tables",
    "reproduction_table",
    "settings_tables",
]
exclude_patterns = ["_build", "jupyter_execute", "**/.ipynb_checkpoints"]

# Markdown, and the one page that is run while building (a tiny model, well under a minute).
myst_enable_extensions = ["amsmath", "attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_excludepatterns = [
    "many-sessions/*",
    "gallery/*",
]  # long: `make guide`, `make gallery`
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True

# Reference from docstrings: NumPy style, where single backticks are code.
default_role = "code"
smartquotes = False
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_preprocess_types = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_class_signature = "mixed"
python_maximum_signature_line_length = 88

# Equations become MathML, which browsers draw themselves.
html_math_renderer = "mathml"

html_theme = "pydata_sphinx_theme"
html_title = "lfads"
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["lfads.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "lfads", "image_light": "_static/logo.svg", "image_dark": "_static/logo.svg"},
    "navbar_center": [],
    "navbar_persistent": ["search-button"],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
html_context = {"default_mode": "light"}
html_sidebars = {"**": ["all-pages"]}
