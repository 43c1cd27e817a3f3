"""Write the notebooks for students to student/: without outputs, and with an empty cell in place of each solution.

A code cell with the tag `solution` becomes "# Your turn". The cell with the tag `check` behind it stays, and tests what the
student writes. The folder lies beside notebooks/, so that the first cell finds helpers/ and relative links lead where they did.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor

TOP = Path(__file__).resolve().parents[2]


def for_students(path):
    """Return the text of a notebook file as a student gets it."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "solution" in cell.metadata.get("tags", []):
            cell.source = "# Your turn"
    notebook, _ = ClearOutputPreprocessor().preprocess(notebook, {})
    return nbformat.writes(notebook) + "\n"


def require_unchanged(texts):
    """Stop before a student's work, or the notebooks themselves, would be lost."""
    for path, text in texts.items():
        if path.exists() and path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path} exists with other contents: somebody may have worked in it. Move it away, then run this again.")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notebooks", type=Path, default=TOP / "notebooks", help="where the notebooks are")
    parser.add_argument("--output", type=Path, default=TOP / "student", help="where to write; helpers/ must be beside it")
    options = parser.parse_args(arguments)
    paths = sorted(options.notebooks.glob("*.ipynb"))
    if not paths:
        sys.exit(f"{options.notebooks} holds no notebook: name the folder that does with --notebooks.")
    texts = {options.output / path.name: for_students(path) for path in paths}
    require_unchanged(texts)
    options.output.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    print(f"{len(texts)} notebooks for students: {options.output}")


if __name__ == "__main__":
    main()
