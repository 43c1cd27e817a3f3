"""Write the repository's name into every file that needs it: python -m tools.notebooks.repository OWNER/NAME --tag v1.0

The name and the tag are stored in pyproject.toml. The links and the first cell of each notebook are updated from there. After
adding a notebook, run this without arguments.
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
LINKS = (
    "[Open in Colab](https://colab.research.google.com/github/{name}/blob/{tag}/{path}) · "
    "[Launch Binder](https://mybinder.org/v2/gh/{name}/{tag}?labpath={quoted}) (2 GB of memory)"
)
FIRST_CELL = """\
# Find the helpers next to this notebook. On Colab, clone the repository and install missing packages first.
import sys
from pathlib import Path

if "google.colab" in sys.modules:
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
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    return with_addresses(text, name, tag)


def write_links(cells, file_name, name, tag):
    """Write the links below the title; old links are replaced."""
    cell = next(cell for cell in cells if cell["cell_type"] == "markdown")
    path = f"notebooks/{file_name}"
    title, *rest = [line for line in cell["source"] if not line.startswith("[Open in Colab](")]
    body = "".join(rest).lstrip("\n")
    links = LINKS.format(name=name, tag=tag, path=path, quoted=quote(path, safe=""))
    cell["source"] = f"{title.rstrip()}\n\n{links}\n\n{body}".splitlines(keepends=True)


def write_first_cell(cells, name, tag):
    cell = next(cell for cell in cells if cell["cell_type"] == "code")
    cell["source"] = FIRST_CELL.format(name=name, tag=tag).splitlines(keepends=True)


def with_addresses(text, name, tag):
    """Replace this repository's URLs in a text.

    >>> with_addresses("https://mybinder.org/v2/gh/OWNER/NAME/v1.0?labpath=notebooks", "ada/i3d", "v1.1")
    'https://mybinder.org/v2/gh/ada/i3d/v1.1?labpath=notebooks'
    """
    text = re.sub(rf"(colab\.research\.google\.com/github/){NAME}/blob/{TAG}", rf"\g<1>{name}/blob/{tag}", text)
    text = re.sub(rf"(mybinder\.org/v2/gh/){NAME}/{TAG}", rf"\g<1>{name}/{tag}", text)
    return re.sub(rf"(git clone [^\n]*https://github\.com/){NAME}", rf"\g<1>{name}", text)


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


def main(arguments=None, top=TOP):
    name, tag = place(top)
    parser = argparse.ArgumentParser(description="Write the repository's name into every file that needs it.")
    parser.add_argument("name", nargs="?", default=name, type=of_form(NAME, "ada/i3d-tutorial"), metavar="OWNER/NAME")
    parser.add_argument(
        "--tag", default=tag, type=of_form(TAG, "v1.0"), help="tag that Colab and Binder use (default: %(default)s)"
    )
    chosen = parser.parse_args(arguments)
    write_place(chosen.name, chosen.tag, top)
    for path in files(top):
        text = in_line(path, chosen.name, chosen.tag)
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8", newline="\n")
            print("changed", path.relative_to(top))
    print(
        f"Colab and Binder use the tag {chosen.tag} of https://github.com/{chosen.name}. Commit the changes, then push the tag:"
    )
    print(f"    git tag {chosen.tag} && git push origin {chosen.tag}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
