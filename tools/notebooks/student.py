"""Write the notebooks for students to student/: without outputs, and with an empty cell in place of each solution.

A code cell with the tag `solution` is replaced by "# Your turn". The cell after it, with the tag `check`, stays and tests the
student's code. The folder student/ is next to notebooks/, so that the first cell finds helpers/ and relative links work.

Both cells have the metadata of nbgrader (https://nbgrader.readthedocs.io), which can collect the notebooks and grade the checks.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor

TOP = Path(__file__).resolve().parents[2]


def for_students(path):
    """Return the text of a notebook file for students."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if "solution" in tags:
            cell.source = "# Your turn"
            cell.metadata["nbgrader"] = nbgrader_metadata(cell, solution=True)
        elif "check" in tags:
            cell.metadata["nbgrader"] = nbgrader_metadata(cell, grade=True, locked=True) | {"points": 1}
    notebook, _ = ClearOutputPreprocessor().preprocess(notebook, {})
    return nbformat.writes(notebook) + "\n"


def nbgrader_metadata(cell, **roles):
    """Return the metadata of a cell that is a solution, or locked and graded, in version 3 of nbgrader's schema."""
    return {"schema_version": 3, "grade_id": cell.id, "grade": False, "locked": False, "solution": False, "task": False} | roles


def require_unchanged(texts):
    """Exit if a file exists with other contents, to protect a student's work and the notebooks themselves."""
    for path, text in texts.items():
        if path.exists() and path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path} exists with other contents: somebody may have worked in it. Move it away, then run this again.")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notebooks", type=Path, default=TOP / "notebooks", help="folder of notebooks (default: %(default)s)")
    parser.add_argument(
        "--output", type=Path, default=TOP / "student", help="output folder, next to helpers/ (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    paths = sorted(options.notebooks.glob("*.ipynb"))
    if not paths:
        sys.exit(f"{options.notebooks} contains no notebooks: choose another folder with --notebooks.")
    texts = {options.output / path.name: for_students(path) for path in paths}
    require_unchanged(texts)
    options.output.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    print(f"{len(texts)} notebooks for students: {options.output}")


if __name__ == "__main__":
    main()
