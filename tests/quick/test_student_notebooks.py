"""Notebooks for students: all exercises and checks, but no solutions."""

import ast
import json
import re
import shutil

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.support import TOP
from tools.notebooks.student import main

NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# All tags in use. A misspelled one would show a solution to students.
TAGS = {"solution", "check", "nbval-ignore-output", "nbval-skip", "raises-exception"}


def make(notebooks, output):
    main(["--notebooks", str(notebooks), "--output", str(output)])


def tags(cell):
    return cell.metadata.get("tags", [])


def exercises(cells):
    """Yield (cells before the solution, solution, next cell)."""
    for i, cell in enumerate(cells):
        if "solution" in tags(cell):
            yield cells[:i], cell, cells[i + 1] if i + 1 < len(cells) else None


def names(cell, context):
    """Return the names that a cell sets (ast.Store) or reads (ast.Load) at its top level or inside."""
    tree = ast.parse(re.sub(r"^(\s*)[%!].*", r"\1pass", cell.source, flags=re.M))
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, context)}
    if context is ast.Store:
        found |= {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    return found


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """The folder of notebooks for students, next to helpers/ as in the repository."""
    top = tmp_path_factory.mktemp("top")
    shutil.copytree(TOP / "helpers", top / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    make(TOP / "notebooks", top / "student")
    return top / "student"


@every_notebook
def test_only_solutions_and_outputs_are_removed(path, student):
    before, after = (nbformat.read(folder / path.name, as_version=4).cells for folder in (path.parent, student))
    assert [(cell.id, cell.cell_type, cell.metadata) for cell in after] == [(c.id, c.cell_type, c.metadata) for c in before]
    for old, new in zip(before, after):
        assert new.source == ("# Your turn" if "solution" in tags(old) else old.source)
        if new.cell_type == "code":
            assert new.outputs == [] and new.execution_count is None


@every_notebook
def test_each_solution_is_between_its_exercise_and_its_check(path):
    cells = nbformat.read(path, as_version=4).cells
    assert {tag for cell in cells for tag in tags(cell)} <= TAGS
    for before, solution, check in exercises(cells):
        assert before[-1].cell_type == "markdown" and solution.cell_type == "code", solution.id
        assert check is not None and "check" in tags(check), f"{solution.id}: expected a cell with the tag check after it"
    checks = sum("check" in tags(cell) for cell in cells)
    assert checks == len(list(exercises(cells))), "a check without a solution before it"


@every_notebook
def test_a_check_fails_until_the_student_sets_a_name(path):
    cells = nbformat.read(path, as_version=4).cells
    for before, solution, check in exercises(cells):
        if check is None or "check" not in tags(check):
            continue  # an error of the test above
        earlier = set().union(*(names(cell, ast.Store) for cell in before if cell.cell_type == "code"))
        needed = names(check, ast.Load) & names(solution, ast.Store) - names(check, ast.Store) - earlier
        assert needed, f"{solution.id}: {check.id} would pass with names from before the exercise"
        for test in (node for node in ast.walk(ast.parse(check.source)) if isinstance(node, ast.Assert)):
            assert test.msg is not None, f"{check.id}: an assert without a hint"
        named = set(re.findall(r"`(\w+)", before[-1].source))
        assert needed <= named, f"{solution.id}: the exercise does not name {needed - named}"


@every_notebook
def test_relative_links_work_from_the_students_folder(path, student):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\((?!https://)([^)#]+)", cell.source):
                assert (student / target).exists() or (TOP / "student" / target).resolve().exists(), target


def test_the_first_cell_finds_the_helpers(student):
    notebook = nbformat.read(student / NOTEBOOKS[0].name, as_version=4)  # all notebooks have the same first cell
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    notebook.cells = [first, new_code_cell("import helpers; print(helpers.__file__)")]
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(student)}}).execute()
    assert str(student.parent) in notebook.cells[1].outputs[0].text


EXERCISE = [
    new_markdown_cell("1. How many frames has `clip`? Put it in `frames`."),
    new_code_cell("frames = len(clip)  # the secret\nframes", metadata={"tags": ["solution"]}, execution_count=2),
    new_code_cell('assert frames == 3, f"time is the first axis: expected 3, found {frames}"', metadata={"tags": ["check"]}),
]
EXERCISE[1].outputs = [new_output("execute_result", {"text/plain": "3"}, execution_count=2)]


@pytest.fixture
def small(tmp_path):
    """The path of a notebook with one exercise."""
    (tmp_path / "notebooks").mkdir()
    cells = [new_markdown_cell("# A clip of three"), new_code_cell("clip = [1, 2, 3]"), *EXERCISE]
    path = tmp_path / "notebooks" / "small.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_no_part_of_a_solution_is_left(small, tmp_path):
    make(small.parent, tmp_path / "student")
    text = (tmp_path / "student" / "small.ipynb").read_text(encoding="utf-8")
    assert "secret" in small.read_text(encoding="utf-8") and "secret" not in text
    assert [cell["source"] for cell in json.loads(text)["cells"]][3:] == [["# Your turn"], [EXERCISE[2].source]]


@pytest.mark.parametrize(
    "attempt, hint",
    [("frames = 4", "time is the first axis: expected 3, found 4"), ("# Your turn", "'frames' is not defined")],
)
def test_a_check_gives_a_hint_until_the_solution_is_correct(small, tmp_path, attempt, hint):
    make(small.parent, tmp_path / "student")
    notebook = nbformat.read(tmp_path / "student" / "small.ipynb", as_version=4)
    _, solution, _ = next(exercises(nbformat.read(small, as_version=4).cells))
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    with pytest.raises((AssertionError, NameError), match=hint):
        exec(code.replace("# Your turn", attempt), {})
    exec(code.replace("# Your turn", solution.source), {})


def test_a_second_run_changes_nothing(small, tmp_path):
    make(small.parent, tmp_path / "student")
    first = (tmp_path / "student" / "small.ipynb").read_bytes()
    make(small.parent, tmp_path / "student")
    assert (tmp_path / "student" / "small.ipynb").read_bytes() == first


def test_a_students_work_is_not_overwritten(small, tmp_path):
    make(small.parent, tmp_path / "student")
    mine = tmp_path / "student" / "small.ipynb"
    mine.write_text(mine.read_text(encoding="utf-8").replace("# Your turn", "frames = 3"), encoding="utf-8")
    with pytest.raises(SystemExit, match="somebody may have worked in it"):
        make(small.parent, tmp_path / "student")
    assert "frames = 3" in mine.read_text(encoding="utf-8")


def test_the_notebooks_themselves_are_not_overwritten(small):
    with pytest.raises(SystemExit, match="Move it away"):
        make(small.parent, small.parent)
    assert "secret" in small.read_text(encoding="utf-8")


def test_a_folder_without_notebooks_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="contains no notebooks: choose another folder"):
        make(tmp_path, tmp_path / "student")
