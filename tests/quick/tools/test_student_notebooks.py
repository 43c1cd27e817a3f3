"""Notebooks for students: all exercises and checks, but no solutions."""

import ast
import builtins
import json
import re
import shutil

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.basics.exercises import check, digest, near
from tests.support import TOP
from tools.notebooks.student import main

NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# Data that a check compares a solution with. It calls nothing else of its notebook, which could compute the solution.
INPUTS = {
    ("01_recognize_actions", "check-backwards"): {"cartwheel"},
    ("03_why_three_dimensions", "exercise-3-check"): {"with_time", "new_clips"},
    ("04_teach_it_your_actions", "exercise-1-check"): {"windows", "side_of", "clip_of", "check_leak"},
    ("04_teach_it_your_actions", "exercise-2-check"): {"reported"},
}
# All tags in use. A misspelled one would show a solution to students.
TAGS = {"solution", "check", "nbval-ignore-output", "nbval-skip", "raises-exception", "cover"}


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


def expressions(cell):
    """Return the code of all comprehensions, and of all other expressions that read at least three names.

    Except in `print`: a solution that shows its result may do so as the check does.
    """
    lines = [node for node in ast.parse(cell.source).body if not ast.unparse(node).startswith("print(")]
    found = [node for line in lines for node in ast.walk(line) if isinstance(node, ast.expr)]
    comprehensions = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    parts = {ast.unparse(node) for node in found if isinstance(node, comprehensions)}
    return parts | {ast.unparse(node) for node in found if sum(isinstance(inner, ast.Name) for inner in ast.walk(node)) >= 3}


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
    metadata = [{name: value for name, value in cell.metadata.items() if name != "nbgrader"} for cell in after]
    assert [(c.id, c.cell_type) for c in after] == [(c.id, c.cell_type) for c in before] and metadata == [
        c.metadata for c in before
    ]
    for old, new in zip(before, after):
        assert new.source == ("# Your turn" if "solution" in tags(old) else old.source)
        if new.cell_type == "code":
            assert new.outputs == [] and new.execution_count is None


@every_notebook
def test_each_solution_is_between_its_exercise_and_its_check(path):
    cells = nbformat.read(path, as_version=4).cells
    assert {tag for cell in cells for tag in tags(cell)} <= TAGS
    for before, solution, cell in exercises(cells):
        assert before[-1].cell_type == "markdown" and solution.cell_type == "code", solution.id
        assert cell is not None and "check" in tags(cell), f"{solution.id}: expected a cell with the tag check after it"
    checks = sum("check" in tags(cell) for cell in cells)
    assert checks == len(list(exercises(cells))), "a check without a solution before it"


def asked(cell):
    """Return the names that a check asks for: the parameters of its function, which has the decorator `check`."""
    [function] = ast.parse(cell.source).body
    assert [ast.unparse(decorator) for decorator in function.decorator_list] == ["check"], cell.id
    return [argument.arg for argument in function.args.args]


@every_notebook
def test_a_check_asks_for_names_that_only_the_solution_sets(path):
    cells = nbformat.read(path, as_version=4).cells
    for before, solution, cell in exercises(cells):
        earlier = set().union(*(names(cell, ast.Store) for cell in before if cell.cell_type == "code"))
        assert set(asked(cell)) <= names(solution, ast.Store) - earlier, f"{cell.id} would run before the exercise is solved"
        for test in (node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Assert)):
            assert test.msg is not None, f"{cell.id}: an assert without a hint"
        named = set(re.findall(r"`(\w+)", before[-1].source))
        assert set(asked(cell)) <= named, f"{solution.id}: the exercise does not name all of {asked(cell)}"


@every_notebook
def test_a_check_cannot_compute_the_solution(path):
    for _, solution, cell in exercises(nbformat.read(path, as_version=4).cells):
        known = {"check", "digest", "near", "np", *dir(builtins), *INPUTS.get((path.stem, cell.id), ())}
        assert names(cell, ast.Load) - names(cell, ast.Store) - set(asked(cell)) <= known, cell.id
        assert not expressions(solution) & expressions(cell), f"{cell.id} contains a part of the solution"


@every_notebook
def test_no_line_of_a_solution_is_left_in_its_notebook(path, student):
    cells = nbformat.read(path, as_version=4).cells
    first = next(i for i, cell in enumerate(cells) if "solution" in tags(cell))
    rest = nbformat.read(student / path.name, as_version=4).cells[first:]
    left = {line.strip() for cell in rest for line in cell.source.splitlines()}
    for _, solution, _ in exercises(cells):
        lines = {line.strip() for line in solution.source.splitlines()}
        assert not {line for line in lines & left if len(line) > 12}, solution.id


def numbers(text):
    """Return the numbers in a text, percentages as fractions."""
    found = re.findall(r"(?<![\w.\"])(\d+(?:\.\d+)?)(\s?%)?(?![\w.\"])", text)
    return {float(number) / (100 if percent else 1) for number, percent in found}


@every_notebook
def test_a_check_does_not_contain_what_the_solution_prints(path):
    for _, solution, cell in exercises(nbformat.read(path, as_version=4).cells):
        printed = numbers("".join(output.get("text", "") for output in solution.outputs))
        assert not printed & numbers(cell.source), f"{cell.id} contains a number that the solution prints"


@pytest.mark.parametrize(
    "answer, accepted", [(0.94, True), (0.93, True), (0.955, True), (0.9, False), (1, False), (float("nan"), False)]
)
def test_a_number_is_compared_with_a_tolerance_without_containing_it(answer, accepted):
    assert near(answer, digest(round(0.94 / 0.02)), step=0.02) == accepted


@every_notebook
def test_an_exercise_that_is_not_solved_yet_is_not_an_error(path, student, capsys):
    checks = [cell for cell in nbformat.read(student / path.name, as_version=4).cells if "check" in tags(cell)]
    for cell in checks:
        exec(cell.source, {"check": check, "digest": digest, "near": near, "np": np})
        assert capsys.readouterr().out == f"not solved yet: put your solution in the cell above, as {' and '.join(asked(cell))}\n"


@every_notebook
def test_a_check_that_passed_says_so(path):
    for _, _, cell in exercises(nbformat.read(path, as_version=4).cells):
        assert [output.text.startswith("right") for output in cell.outputs] == [True], cell.id


@every_notebook
def test_the_exercises_are_introduced_in_words_that_are_true_with_and_without_solutions(path):
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
    assert "(in the student version, an empty cell for yours)" in text


@every_notebook
def test_nbgrader_knows_solutions_and_checks(path, student):
    """Its schema, version 3: https://github.com/jupyter/nbgrader/blob/main/nbgrader/nbgraderformat/v3.json"""
    for cell in nbformat.read(student / path.name, as_version=4).cells:
        metadata, common = cell.metadata.get("nbgrader"), {"schema_version": 3, "grade_id": cell.id, "task": False}
        if "solution" in tags(cell):
            assert metadata == common | {"grade": False, "locked": False, "solution": True}
        elif "check" in tags(cell):
            assert metadata == common | {"grade": True, "locked": True, "solution": False, "points": 1}
        else:
            assert metadata is None
        assert re.fullmatch(r"[a-zA-Z0-9_-]+", cell.id)
    assert "nbgrader" not in path.read_text(encoding="utf-8"), "only the notebooks for students have its metadata"


def test_an_exercise_that_is_not_solved_is_an_error_for_nbgrader(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError, match="not solved yet: put your solution in the cell above, as frames"):
        exec(EXERCISE[2].source, {"check": check})


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
    new_code_cell(
        '@check\ndef first_axis(frames):\n    assert frames == 3, f"time is the first axis: expected 3, found {frames}"',
        metadata={"tags": ["check"]},
    ),
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
    assert [cell["source"] for cell in json.loads(text)["cells"]][3:] == [
        ["# Your turn"],
        EXERCISE[2].source.splitlines(keepends=True),
    ]


@pytest.mark.parametrize(
    "attempt, printed",
    [
        ("# Your turn", "not solved yet: put your solution in the cell above, as frames"),
        ("frames = None", "not solved yet: put your solution in the cell above, as frames"),
        ("frames = 4", "AssertionError: time is the first axis: expected 3, found 4"),
        ("frames = 3", "right"),
    ],
)
def test_a_check_gives_a_hint_until_the_solution_is_correct(small, tmp_path, capsys, attempt, printed):
    make(small.parent, tmp_path / "student")
    notebook = nbformat.read(tmp_path / "student" / "small.ipynb", as_version=4)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    capsys.readouterr()
    try:
        exec(code.replace("# Your turn", attempt), {"check": check})
    except AssertionError as error:
        print(f"AssertionError: {error}")
    assert capsys.readouterr().out == f"{printed}\n"


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
