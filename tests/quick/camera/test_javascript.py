"""JavaScript without a browser: functions that need none, and the modules of a widget joined to one."""

import re
from pathlib import Path

import pytest

from helpers.camera.live_camera import LiveCamera, joined
from helpers.camera.teachable_machine import TeachableMachine
from tests.support import TOP
from tests.support.node import run_node

MODULES = TOP / "helpers" / "camera"
WIDGETS = pytest.mark.parametrize("widget", [LiveCamera, TeachableMachine])


@pytest.mark.parametrize("module", ["camera", "predictions", "recording"])
def test_functions(module):
    finished = run_node("--test", Path(__file__).with_name(f"{module}.test.js"))
    assert finished.returncode == 0, finished.stdout + finished.stderr


def can_be_parsed(text, path):
    path.write_text(text, encoding="utf-8")
    return run_node("--check", path).returncode == 0


@WIDGETS
def test_a_widget_is_one_module(widget, tmp_path):
    code = str(widget._esm)
    assert not re.search(r"^import\b", code, flags=re.M)
    assert re.findall(r"^export\b.*", code, flags=re.M) == [f"export default rendering({widget.__name__});"]
    assert can_be_parsed(code, tmp_path / "widget.mjs"), "two modules have a name in common"


def test_names_in_common_are_found(tmp_path):
    assert can_be_parsed(joined("camera.js"), tmp_path / "camera.mjs")
    assert not can_be_parsed(joined("camera.js", "camera.js"), tmp_path / "twice.mjs")


@pytest.mark.parametrize("path", sorted(MODULES.glob("*.js")), ids=lambda path: path.name)
def test_imports_can_be_joined(path):
    """Joining drops imports, so nothing can be renamed by one, and the name must stand in the other module."""
    for line in re.findall(r"^import\b[^;]*;", path.read_text(encoding="utf-8"), flags=re.M):
        names, module = re.fullmatch(r'import \{ ([\w, ]+) \} from "\./(\w+\.js)";', line).groups()
        code = (MODULES / module).read_text(encoding="utf-8")
        exported = re.findall(r"^export (?:const|class|(?:async )?function) (\w+)", code, flags=re.M)
        assert set(names.split(", ")) <= set(exported)


@WIDGETS
def test_a_removed_widget_leaves_no_listeners(widget, tmp_path):
    """Else each view would be kept, and would go on reading every message."""
    script = tmp_path / "widget.mjs"
    script.write_text(str(widget._esm), encoding="utf-8")
    finished = run_node(Path(__file__).with_name("listeners.mjs"), script)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == '{"shown":[2],"removed":0}\n'
