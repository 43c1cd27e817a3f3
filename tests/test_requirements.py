"""What is said to be needed: the same in both files, and all that is imported."""

import ast
import json
import re
import sys

from conftest import TOP

# The name that is imported, where it is not the name that is installed.
PACKAGES = {
    "IPython": "jupyterlab",
    "PIL": "pillow",
    "aia_chaser": "aia-chaser",
    "axe_playwright_python": "axe-playwright-python",
    "bs4": "nbconvert",
    "cv2": "opencv-python-headless",
    "imageio_ffmpeg": "imageio-ffmpeg",
    "jupyter_client": "jupyterlab",
    "keras": "tensorflow",
    "ml_dtypes": "tensorflow",
    "nbclient": "nbconvert",
    "nbformat": "nbconvert",
    "packaging": "jupyterlab",
    "pytest_httpserver": "pytest-httpserver",
    "tensorflow_hub": "tensorflow-hub",
    "werkzeug": "pytest-httpserver",
    "yaml": "jupyterlab",
}


def requirements():
    """Return {package: range} of requirements.txt."""
    lines = [line.split("#")[0].strip() for line in (TOP / "requirements.txt").read_text().splitlines()]
    return dict(re.fullmatch(r"([\w-]+)(\S+)", line).groups() for line in lines if line)


def imports(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


def sources():
    yield from ((path, path.read_text()) for folder in ("helpers", "tests") for path in (TOP / folder).rglob("*.py"))
    for path in (TOP / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        yield path, "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", cell, flags=re.M) for cell in code)


def test_every_import_is_declared():
    own = {"helpers", "google"} | {path.stem for folder in ("tests", "tools") for path in (TOP / folder).rglob("*.py")}
    for path, source in sources():
        foreign = set(imports(source)) - set(sys.stdlib_module_names) - own
        missing = {name for name in foreign if PACKAGES.get(name, name) not in requirements()}
        assert not missing, f"{path.name} imports what requirements.txt does not name"


def test_every_line_says_what_needs_it():
    for line in (TOP / "requirements.txt").read_text().splitlines():
        assert not line or line.startswith("#") or re.fullmatch(r"[\w-]+[<>=,.\d]+ +# .{5,}", line), line


def test_conda_gets_the_same():
    text = (TOP / "environment.yml").read_text()
    packages = dict(re.findall(r"^ *- ([\w-]+)([<>=][^\s#]*)", text, flags=re.M))
    assert packages.pop("python") == ">=3.10,<3.14"
    assert packages == requirements()
