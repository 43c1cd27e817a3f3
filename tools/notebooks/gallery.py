"""Convert the notebooks to a website for reading offline: build/html/index.html.

The pages show the stored outputs; nothing is executed.
"""

import argparse
import base64
import html
import io
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from PIL import Image, ImageChops, ImageOps

TOP = Path(__file__).resolve().parents[2]
THUMBNAIL, MARGIN = (480, 240), 12
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Recognize actions in video with I3D</title>
<style>
body { font-family: system-ui, sans-serif; line-height: 1.5; color: #222; background: #f6f6f6; }
body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); gap: 1.5rem; list-style: none; padding: 0; }
li { background: white; border: 1px solid #ccc; border-radius: 0.5rem; overflow: hidden; }
img { display: block; width: 100%; height: auto; border-bottom: 1px solid #ccc; }
h2, li p { margin: 0.75rem 1rem; }
h2 { font-size: 1.15rem; }
</style>
</head>
<body>
<main>
<h1>Recognize actions in video with I3D</h1>
<p>The notebooks of a tutorial with their results, for reading offline.</p>WEB
<ul>
CARDS
</ul>
</main>
</body>
</html>
"""
CARD = """<li>
<img src="{page.stem}.png" width="{width}" height="{height}" alt="{alt}">
<h2><a href="{page.stem}.html">{title}</a></h2>
<p>{sentence}</p>
</li>"""
WEB = '\n<p><a href="{}">Recognize and teach actions in your browser</a>, with your camera and nothing to install.</p>'
BACK = '<nav><a href="index.html">All notebooks</a></nav>'
TEMPLATE = {"template_name": "readable", "extra_template_basedirs": [str(Path(__file__).with_name("templates"))]}
# nbconvert's pages cut off long lines of code on a narrow screen.
STYLE = "<style>.jp-InputArea-editor pre { white-space: pre-wrap; }</style>"


@dataclass(frozen=True)
class Page:
    """A notebook and its entry in the index."""

    stem: str
    notebook: nbformat.NotebookNode
    title: str
    sentence: str
    png: bytes
    alt: str


def read_page(path):
    """Read a notebook file, its first heading, its line "What you'll do", and its first picture."""
    notebook = nbformat.read(path, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    title = re.search(r"^# (.+)", text, flags=re.M)
    sentence = re.search(r"^\| \*\*What you'll do\*\* \| (.+) \|$", text, flags=re.M)
    pictures = [output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    wanted = {"a heading": title, 'a table row "What you\'ll do"': sentence, "a stored picture": pictures}
    missing = [name for name, found in wanted.items() if not found]
    if missing:
        sys.exit(f"{path} does not have {' and '.join(missing)}. {remedy(path, run=not pictures)}")
    notebook.metadata["title"] = title[1]
    png = base64.b64decode(pictures[0]["data"]["image/png"])
    return Page(path.stem, notebook, title[1], sentence[1], png, pictures[0]["metadata"]["image/png"]["alt"])


def remedy(path, run):
    """Return what to do about a notebook without outputs or texts."""
    git = ["git", "diff", "--name-only", "HEAD", "--", path.name]
    try:
        changed = subprocess.run(git, cwd=path.parent, capture_output=True, text=True).stdout
    except OSError:  # git is not installed
        changed = ""
    discard = f", or discard all changes to it: git checkout HEAD -- {path}" if changed else "."
    return ("Run all of its cells and save it" if run else "Write what is missing") + discard


def thumbnail(png):
    """Crop the white border of a picture and scale it to the size of the thumbnails; return PNG bytes."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    box = ImageChops.invert(image).getbbox()
    inside = [length - 2 * MARGIN for length in THUMBNAIL]
    image = ImageOps.expand(ImageOps.pad(image.crop(box), inside, color="white"), MARGIN, fill="white")
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def web_page(page, stems):
    """Return a notebook as self-contained HTML, with no script but that of its quiz, and with links only to other pages and to websites."""
    body, _ = HTMLExporter(**TEMPLATE).from_notebook_node(page.notebook)
    soup = BeautifulSoup(body, "html.parser")
    # nbconvert loads MathJax, require.js and Mermaid, which the notebooks do not use.
    for script in soup.select("script:not(.quiz script)"):
        script.decompose()
    for link in soup("a", href=True):
        make_local(link, stems)
    soup.h1.insert_before(BeautifulSoup(BACK, "html.parser"))
    soup.head.append(BeautifulSoup(STYLE, "html.parser"))
    return str(soup)


def make_local(link, stems):
    """Point a link to a notebook at its page; replace a link to another file of the repository with its text."""
    target, separator, fragment = link["href"].partition("#")
    if not target or target.startswith("https://"):
        return
    if target.endswith(".ipynb") and Path(target).stem in stems:
        link["href"] = f"{Path(target).stem}.html{separator}{fragment}"
    else:
        link.unwrap()


def index(pages, web=None):
    """Return the index page; `web` is the address of the page that recognizes actions, if it is published, too."""
    width, height = THUMBNAIL
    escaped = [{name: html.escape(getattr(page, name)) for name in ("title", "sentence", "alt")} for page in pages]
    cards = [CARD.format(page=page, width=width, height=height, **texts) for page, texts in zip(pages, escaped)]
    link = WEB.format(html.escape(web)) if web else ""
    return INDEX.replace("WEB", link).replace("CARDS", "\n".join(cards))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notebooks", type=Path, default=TOP / "notebooks", help="folder of notebooks (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=TOP / "build" / "html", help="output folder (default: %(default)s)")
    parser.add_argument("--web", help="address of the page that recognizes actions in the browser, to link to")
    options = parser.parse_args(arguments)
    pages = [read_page(path) for path in sorted(options.notebooks.glob("*.ipynb"))]
    if not pages:
        sys.exit(f"{options.notebooks} contains no notebooks: choose another folder with --notebooks.")
    options.output.mkdir(parents=True, exist_ok=True)
    for page in pages:
        (options.output / f"{page.stem}.html").write_text(web_page(page, {page.stem for page in pages}), encoding="utf-8")
        (options.output / f"{page.stem}.png").write_bytes(thumbnail(page.png))
    (options.output / "index.html").write_text(index(pages, options.web), encoding="utf-8")
    print(f"{len(pages)} notebooks as HTML: {options.output / 'index.html'}")


if __name__ == "__main__":
    main()
