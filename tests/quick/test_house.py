"""The rooms of helpers/: few files in each, and imports that go one way."""

import ast
import re
from collections import Counter
from graphlib import TopologicalSorter

import pytest

import helpers
from tests.support import TOP

HOUSE = TOP / "helpers"
ROOMS = [
    "basics",
    "video",
    "clips",
    "models",
    "display",
    "predictions",
    "learn",
    "measure",
    "camera",
]  # a room imports those before it
FILES = sorted(HOUSE.rglob("*.py"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def room(path):
    """Return the room of a file; "" for the files at the top, which import from any room."""
    first, *rest = path.relative_to(HOUSE).parts
    return first if rest else ""


def is_for_type_checkers(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(node, in_function=False):
    """Yield the imports that run, and whether each is in a function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child, in_function
        elif not is_for_type_checkers(child):
            yield from imports(child, in_function or isinstance(child, FUNCTIONS))


def imported_files(path, source=None):
    """Return the files of helpers/ that a file imports."""
    found = set()
    for node, _ in imports(ast.parse(path.read_text(encoding="utf-8") if source is None else source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "helpers":
            folder = TOP.joinpath(*node.module.split("."))
        else:
            names = [alias.name for alias in node.names if alias.name.split(".")[0] == "helpers"]
            found |= {as_file(TOP.joinpath(*name.split("."))) for name in names}
            continue
        found |= {as_file(folder / alias.name) or as_file(folder) for alias in node.names}
    assert None not in found, f"{path.relative_to(TOP)} imports a module of helpers that does not exist"
    return found - {path}


def as_file(module):
    """Return the file of a module or of a package; None if there is neither."""
    candidates = (module.with_name(f"{module.name}.py"), module / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def upward(path, source=None):
    """Return the imports of a file that point to a later room, as text."""
    later = ROOMS[ROOMS.index(room(path)) + 1 :] + [""]
    return [
        f"{path.relative_to(TOP)} imports {file.relative_to(TOP)}" for file in imported_files(path, source) if room(file) in later
    ]


def unexplained(source):
    """Return the lines of imports in functions without a comment: in their own line, or above them or the imports before them."""
    lines = source.splitlines()
    found = []
    for number in [node.lineno for node, in_function in imports(ast.parse(source)) if in_function]:
        first = number
        while lines[first - 2].lstrip().startswith(("import ", "from ")):
            first -= 1
        if "#" not in lines[number - 1] + lines[first - 2]:
            found.append(number)
    return found


def test_the_docstring_is_the_table_of_contents():
    headings = re.findall(r"^(\w+)/  ", helpers.__doc__, re.MULTILINE)
    assert headings == ROOMS and set(ROOMS) == {path.parent.name for path in HOUSE.glob("*/__init__.py")}
    listed = []
    for heading, section in zip(headings, re.split(r"^\w+/  ", helpers.__doc__, flags=re.MULTILINE)[1:]):
        listed += [f"{heading}/{name}" for name in re.findall(r"^    (\S+\.\w+)  ", section, re.MULTILINE)]
    files = [path for kind in ("py", "js", "css") for path in HOUSE.glob(f"*/**/*.{kind}") if path.name != "__init__.py"]
    assert sorted(listed) == sorted(path.relative_to(HOUSE).as_posix() for path in files)


def test_no_room_is_crowded():
    assert len([path for path in HOUSE.iterdir() if path.name != "__pycache__"]) <= 12
    for folder in [HOUSE, *{path.parent for path in FILES}]:
        stems = {path.stem for path in folder.iterdir() if path.suffix in (".py", ".js", ".css") and path.stem != "__init__"}
        assert len(stems) <= 13, folder
        assert not [word for word, count in Counter(stem.split("_")[0] for stem in stems).items() if word and count > 1], folder


def test_no_name_for_notebooks_is_that_of_a_room():
    """Otherwise, what `from helpers import name` returns would depend on what was imported before."""
    assert not set(helpers.__all__) & set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_imports_go_one_way_and_those_in_functions_say_why(path):
    assert not room(path) or upward(path) == []
    assert unexplained(path.read_text(encoding="utf-8")) == []


def test_there_are_no_circles():
    list(TopologicalSorter({path: imported_files(path) for path in FILES}).static_order())


@pytest.mark.parametrize(
    "source",
    [
        "from ..predictions.timeline import Timeline",
        "from .. import camera",
        "from helpers.learn import features",
        "import helpers.models.kinetics",
        "import helpers",
        "def read():\n    from ..learn.features import features",
    ],
)
def test_an_import_that_points_to_a_later_room_is_found(source):
    assert upward(HOUSE / "video" / "reading.py", source)


def test_an_import_of_a_module_that_does_not_exist_is_found():
    with pytest.raises(AssertionError, match="helpers/video/reading.py imports a module of helpers that does not exist"):
        imported_files(HOUSE / "video" / "reading.py", "from .gone import Reader")


def test_an_import_in_a_function_without_a_reason_is_found():
    assert unexplained("def f():\n    import numpy") == [2]
    assert unexplained("class A:\n    def f(self):\n        x = 1\n        from . import a\n") == [4]
    assert unexplained("def f():\n    # Both are slow.\n    import av\n    import numpy\n") == []
    assert unexplained("def f():\n    import numpy  # only here, because it is slow") == []
    assert unexplained("import numpy\nif TYPE_CHECKING:\n    import tensorflow") == []
