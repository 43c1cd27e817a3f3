"""Write the repository's name into every file that needs it: python -m tools.notebooks.repository OWNER/NAME --tag v1.0

The name and the tag are stored in pyproject.toml. The links and the first cell of each notebook, and the badges and the line to
clone in the README, are updated from there. As long as the name is OWNER/NAME, there is no address, and comments mark their places.
After adding a notebook, run this without arguments.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from urllib.parse import quote

TOP = Path(__file__).resolve().parents[2]
NAME = r"[\w.-]+/[\w.-]+"
TAG = r"v\d+(?:\.\d+)*"
NOWHERE = "OWNER/NAME"
PLACE_OF_LINKS = "<!--links:tools.notebooks.repository-->"
PLACE_OF_CLONE = "<!--clone:tools.notebooks.repository-->"
CLONE = "    git clone https://github.com/{name} && cd {folder}"
COLAB = "https://colab.research.google.com/github/{name}/blob/{tag}/{path}"
KAGGLE = "https://kaggle.com/kernels/welcome?src=https://github.com/{name}/blob/{tag}/{path}"
BINDER = "https://mybinder.org/v2/gh/{name}/{tag}?labpath={quoted}"
LINKS = (
    f"[Open in Colab]({COLAB}) · [Open in Kaggle]({KAGGLE}) (switch on its internet) · [Launch Binder]({BINDER}) (2 GB of memory)"
)
BADGES = (
    f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({COLAB}) "
    f"[![Open in Kaggle](https://kaggle.com/static/images/open-in-kaggle.svg)]({KAGGLE}) "
    f"[![Launch Binder](https://mybinder.org/badge_logo.svg)]({BINDER}) "
    "[![Open in Codespaces](https://github.com/codespaces/badge.svg)](https://codespaces.new/{name})"
)
FIRST_NOTEBOOK = "notebooks/01_recognize_actions.ipynb"  # which the badges open
FIRST_CELL = """\
# Find the helpers next to this notebook. On Colab or Kaggle, clone the repository and install missing packages first.
import os
import sys
from pathlib import Path

if "google.colab" in sys.modules or "KAGGLE_KERNEL_RUN_TYPE" in os.environ:
    if not Path("../helpers").is_dir():
        !test -d i3d-tutorial || git clone -q -c advice.detachedHead=false --depth 1 --branch {tag} https://github.com/{name} i3d-tutorial
        %cd -q i3d-tutorial/notebooks
    !{{sys.executable}} ../tools/setup/install_missing.py
if not Path("../helpers").is_dir():
    raise FileNotFoundError("../helpers is missing: this notebook must be in its repository, https://github.com/{name}")
sys.path.insert(0, str(Path.cwd().parent))"""


def place(top=TOP):
    """Return the repository's OWNER/NAME and the tag, from pyproject.toml."""
    # Regular expressions, because Python 3.10 has no TOML parser.
    text = (top / "pyproject.toml").read_text(encoding="utf-8")
    [name] = re.findall(rf'^repository = "https://github.com/({NAME})"$', text, flags=re.M)
    [version] = re.findall(r'^version = "(.*)"$', text, flags=re.M)
    return name, f"v{version}"


def files(top=TOP):
    return sorted((top / "notebooks").glob("*.ipynb"))


def in_line(path, name, tag):
    """Return the text of a notebook file with this repository and tag; everything else is unchanged."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    write_links(notebook["cells"], path.name, name, tag)
    write_first_cell(notebook["cells"], name, tag)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def write_links(cells, file_name, name, tag):
    """Write the links, or the comment that marks their place, below the title; old ones are replaced."""
    cell = next(cell for cell in cells if cell["cell_type"] == "markdown")
    title, *rest = [line for line in cell["source"] if not line.startswith(("[Open in Colab](", PLACE_OF_LINKS))]
    body = "".join(rest).lstrip("\n")
    links = links_to(f"notebooks/{file_name}", name, tag, LINKS)
    cell["source"] = f"{title.rstrip()}\n\n{links}\n\n{body}".splitlines(keepends=True)


def links_to(path, name, tag, links):
    """Return links to a notebook; without an address, the comment that marks their place."""
    return PLACE_OF_LINKS if name == NOWHERE else links.format(name=name, tag=tag, path=path, quoted=quote(path, safe=""))


def with_address(readme, name, tag):
    """Return the text of the README with the badges and the line to clone in place of their comments, or of old ones.

    >>> with_address(PLACE_OF_LINKS, "ada/i3d", "v1.1")[:60]
    '[![Open in Colab](https://colab.research.google.com/assets/c'
    """
    badges = links_to(FIRST_NOTEBOOK, name, tag, BADGES)
    readme = re.sub(rf"^({re.escape(PLACE_OF_LINKS)}|\[!\[Open in Colab\].*)$", lambda _: badges, readme, flags=re.M)
    clone = PLACE_OF_CLONE if name == NOWHERE else CLONE.format(name=name, folder=name.split("/")[1])
    return re.sub(rf"^({re.escape(PLACE_OF_CLONE)}|    git clone .*)$", lambda _: clone, readme, flags=re.M)


def write_first_cell(cells, name, tag):
    cell = next(cell for cell in cells if cell["cell_type"] == "code")
    cell["source"] = FIRST_CELL.format(name=name, tag=tag).splitlines(keepends=True)


def write_place(name, tag, top=TOP):
    path = top / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    text = re.sub(rf'^repository = "https://github.com/{NAME}"$', f'repository = "https://github.com/{name}"', text, flags=re.M)
    text = re.sub(r'^version = ".*"$', f'version = "{tag[1:]}"', text, flags=re.M)
    path.write_text(text, encoding="utf-8", newline="\n")


def of_form(pattern, example):
    """Return an argparse type that accepts strings that match a pattern; the error message contains an example."""

    def check(value):
        if not re.fullmatch(pattern, value):
            raise argparse.ArgumentTypeError(f"must look like {example}, not {value!r}")
        return value

    return check


def next_step(name, tag):
    if name == NOWHERE:
        return "There are no links yet: run this again with the owner and the name of your repository on GitHub."
    return (
        f"Colab, Kaggle, and Binder use the tag {tag} of https://github.com/{name}. Commit the changes, then push the tag:\n"
        f"    git tag {tag} && git push origin {tag}"
    )


def main(arguments=None, top=TOP):
    name, tag = place(top)
    parser = argparse.ArgumentParser(description="Write the repository's name into every file that needs it.")
    parser.add_argument("name", nargs="?", default=name, type=of_form(NAME, "ada/i3d-tutorial"), metavar="OWNER/NAME")
    parser.add_argument(
        "--tag", default=tag, type=of_form(TAG, "v1.0"), help="tag that Colab, Kaggle, and Binder use (default: %(default)s)"
    )
    chosen = parser.parse_args(arguments)
    write_place(chosen.name, chosen.tag, top)
    readme = top / "README.md"
    texts = {path: in_line(path, chosen.name, chosen.tag) for path in files(top)}
    texts[readme] = with_address(readme.read_text(encoding="utf-8"), chosen.name, chosen.tag)
    for path, text in texts.items():
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8", newline="\n")
            print("changed", path.relative_to(top))
    print(next_step(chosen.name, chosen.tag))
    return 0


if __name__ == "__main__":
    sys.exit(main())
