"""How the pages of docs/ become a site: ``python -m sphinx -W docs build/docs``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import _lessons

import lmmlab

project = "lmmlab"
author = "The lmmlab founders"
copyright = "2026, the lmmlab founders"
release = lmmlab.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["generated/lessons.md"]  # included by lessons.md
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

# GitHub shows the same files: its anchors, its tables, no syntax that it does not know but in
# pages that are only of the site.
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's sections say types and shapes
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

templates_path = ["_templates"]

html_theme = "furo"
html_title = f"lmmlab {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_copyright = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def setup(app):
    """Draw the lessons before their page is read."""
    app.connect("builder-inited", lambda app: _lessons.write(Path(app.srcdir) / "generated"))
