"""Declared and imported packages."""

import ast
import json
import re

from tests.support import TOP

# Import name to package name, if they differ.
PACKAGES = {
    "IPython": "jupyterlab",
    "PIL": "pillow",
    "ai_edge_litert": "ai-edge-litert",
    "aia_chaser": "aia-chaser",
    "axe_playwright_python": "axe-playwright-python",
    "bs4": "nbconvert",
    "cv2": "opencv-contrib-python-headless",
    "flatbuffers": "ai-edge-litert",
    "imageio_ffmpeg": "imageio-ffmpeg",
    "jupyter_client": "jupyterlab",
    "keras": "tensorflow",
    "lazy_loader": "lazy-loader",
    "ml_dtypes": "tensorflow",
    "nbclient": "nbconvert",
    "nbformat": "nbconvert",
    "packaging": "jupyterlab",
    "pybullet_data": "pybullet",
    "pybullet_utils": "pybullet",
    "pytest_httpserver": "pytest-httpserver",
    "sklearn": "scikit-learn",
    "tensorflow_hub": "tensorflow-hub",
    "threadpoolctl": "scikit-learn",
    "traitlets": "anywidget",
    "werkzeug": "pytest-httpserver",
    "yaml": "jupyterlab",
}


def requirements(file="requirements.txt"):
    """Return {package: version range} of a requirements file."""
    lines = [line.split("#")[0].strip() for line in (TOP / file).read_text(encoding="utf-8").splitlines()]
    return dict(re.fullmatch(r"([\w-]+)(\S+)", line).groups() for line in lines if line)


def imports(source):
    """Yield the top-level module of each import in Python source code."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


def python_files(*folders):
    """Return all Python files in folders of the repository."""
    return [path for folder in folders for path in (TOP / folder).rglob("*.py")]


def sources():
    """Yield (path, source code) of all Python files and notebooks."""
    yield from ((path, path.read_text(encoding="utf-8")) for path in python_files("helpers", "tests", "tools", "benchmarks"))
    for path in (TOP / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        yield path, "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", cell, flags=re.M) for cell in code)
