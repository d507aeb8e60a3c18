"""Settings of the documentation: ``make docs`` builds it, and warnings are errors."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent / "pipeline")]

import comb  # noqa: E402

project = "comb"
author = "The comb authors"
copyright = author
version = release = comb.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "reference_from_code", "no_inline"]
exclude_patterns = ["README.md"]

myst_enable_extensions = ["colon_fence", "deflist", "substitution"]
myst_heading_anchors = 3
suppress_warnings = ["ref.python"]  # two records may have a field of one name

toc_object_entries = False  # with an entry for each function in the navigation, the build takes twice as long
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": False, "show-inheritance": False}
napoleon_google_docstring = False
napoleon_numpy_docstring = True
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"comb {version}"
html_static_path = ["_static"]
html_css_files = ["comb.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
# The pages must open from a disk: no fonts, scripts or pictures from elsewhere.
html_use_opensearch = ""
html_show_sphinx = False
html_show_search_summary = False  # a page that was opened from a disk may not fetch others
html_search_scorer = str(HERE / "_static" / "scorer.js")
