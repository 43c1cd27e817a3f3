"""Settings of Sphinx for the site: the notebooks with their stored outputs, the guides, and the API of helpers.

The sources are the files of the repository where they are, so that links between them work on GitHub and on the site.
"""

import base64
import hashlib
import inspect
import json
import re
import sys
from pathlib import Path

from docutils import nodes
from pygments.lexers import find_lexer_class_by_name
from sphinx import addnodes

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP))

import helpers  # noqa: E402

project = "Recognize actions in video"
html_title = project
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
include_patterns = ["*.md", "notebooks/*.ipynb", "docs/**.md", "samples/*.md", "benchmarks/*.md"]
exclude_patterns = [".*", "build", "my", "student"]  # other folders of notebooks and packages, which may be large

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = False
html_show_search_summary = False  # it is fetched, which browsers refuse on disk
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

nb_execution_mode = "off"
myst_heading_anchors = 4
myst_enable_extensions = ["html_image"]  # <img> in Markdown
copybutton_exclude = ".linenos, .gp"

add_module_names = False
autodoc_typehints = "none"  # the docstrings state the types, with shapes and units
autodoc_default_options = {"members": True}
default_role = "literal"  # what stands between single backticks in a docstring
napoleon_google_docstring = False
napoleon_use_rtype = False


def lessons():
    """Return what the front page shows of each notebook."""
    guide = (TOP / "docs" / "teaching.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\d\d) (.*?)(?=^## |\Z)", guide, flags=re.M | re.S))
    return [lesson(path, sections[path.stem[:2]]) for path in sorted((TOP / "notebooks").glob("*.ipynb"))]


def lesson(path, section):
    """Return a notebook's title, its line "What you'll do", the picture of the cell with the tag `cover`, and its minutes."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join(cells[0]["source"])
    covers = pictures(cell for cell in cells if "cover" in cell["metadata"].get("tags", []))
    if not covers:
        sys.exit(
            f"{path}: the cell with the tag cover has no picture. Run make notebooks, or discard changes: git checkout {path}"
        )
    picture = covers[0]
    return {
        "stem": path.stem,
        "title": re.search(r"^# (.+)", text)[1],
        "sentence": re.search(r"^\| \*\*What you'll do\*\* \| (.+) \|$", text, flags=re.M)[1],
        "minutes": sum(int(minutes) for minutes in re.findall(r"^\|[^|]*\| (\d+) \|", section, flags=re.M)),
        "png": base64.b64decode(picture["data"]["image/png"]),
        "alt": alt(picture),
    }


def pictures(cells):
    """Return the outputs of a notebook that are pictures."""
    return [output for cell in cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]


def alt(picture):
    """Return the alternative text of a stored picture."""
    return picture["metadata"].get("image/png", {}).get("alt", "")


def rooms():
    """Return the Sphinx directive and the name of each export of helpers, by the title of its folder."""
    titles = dict(re.findall(r"^(\w+)/  (.+)", helpers.__doc__, flags=re.M))
    stub = (TOP / "helpers" / "__init__.pyi").read_text(encoding="utf-8")
    found = {}
    for folder, name in re.findall(r"^from \.(\w+)\S* import (\w+)", stub, flags=re.M):
        title = titles[folder][0].upper() + titles[folder][1:]
        found.setdefault(title, []).append((directive(getattr(helpers, name)), name))
    return found


def directive(exported):
    """Return the Sphinx directive that documents an object."""
    if inspect.isclass(exported):
        return "autoclass"
    return "autofunction" if inspect.isfunction(exported) else "autodata"


def fill_in(app, docname, source):
    """Fill in the pages that are templates."""
    values = {"index": lambda: {"lessons": lessons(), "web": app.config.web}, "docs/site/api": lambda: {"rooms": rooms()}}
    if docname in values:
        source[0] = app.builder.templates.render_string(source[0], values[docname]())
        app.env.note_reread()  # in each build, because Sphinx does not know what the values depend on


def adapt_notebook(app, doctree):
    """Number the title of a notebook, add alternative texts, and let links to headings be as Jupyter writes them."""
    docname = app.env.docname
    if not docname.startswith("notebooks/"):
        return
    next(doctree.findall(nodes.title)).insert(0, nodes.Text(f"{Path(docname).name[:2]} "))
    slugs = app.env.metadata[docname]["myst_slugs"]
    for target in list(slugs.values()):
        slugs[target[2].replace(" ", "-")] = target
    cells = json.loads(Path(app.env.doc2path(docname)).read_text(encoding="utf-8"))["cells"]
    # MyST-NB names the file of a picture by its hash, and does not know its alternative text.
    alts = {hashlib.sha256(base64.b64decode(found["data"]["image/png"])).hexdigest(): alt(found) for found in pictures(cells)}
    for image in doctree.findall(nodes.image):
        image["alt"] = alts.get(Path(image["uri"]).stem) or image.get("alt", "")


def unlink_folders(app, doctree):
    """Show a link to a folder of the repository, which has no page here, as text."""
    for link in list(doctree.findall(addnodes.pending_xref)):
        if link["reftarget"].endswith("/"):
            link.replace_self(link.children)


def add_levels(app, pagename, templatename, context, doctree):
    """Add the level to the headings of the menu, which Sphinx omits."""
    menu = context["furo_navigation_tree"]
    context["furo_navigation_tree"] = menu.replace('role="heading"', 'role="heading" aria-level="2"')


def write_pictures(app, error):
    """Write the pictures of the front page."""
    if not error and app.builder.format == "html":
        for values in lessons():
            (Path(app.outdir) / "_images" / f"{values['stem']}.png").write_bytes(values["png"])


def setup(app):
    app.add_config_value("web", "", "env", str)  # the address of the page of make web, if it is published, too
    app.add_lexer("python", find_lexer_class_by_name("ipython3"))  # lines that begin with ! and %
    app.connect("source-read", fill_in)
    app.connect("doctree-read", adapt_notebook, priority=400)  # before Sphinx collects the titles
    app.connect("doctree-read", unlink_folders)
    app.connect("html-page-context", add_levels, priority=900)  # after the theme
    app.connect("build-finished", write_pictures)
