"""`make lab` opens a copy of the notebooks, in which nobody's work is overwritten."""

import json
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from tests.support import TOP
from tools.notebooks.lab import RECORD, main, update


@pytest.fixture
def top(tmp_path):
    """A tutorial with one lesson."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01.ipynb").write_text("first version")
    (tmp_path / "notebooks" / "rise.css").write_text("slides")
    return tmp_path


def start(top, capsys=None):
    """Update the copy; return {name: contents} of its visible files, and what was printed."""
    update(top / "notebooks", top / "my")
    shown = {path.name: path.read_text() for path in (top / "my").glob("[!.]*")}
    return (shown, capsys.readouterr().out) if capsys else shown


def test_notebooks_and_the_style_of_the_slides_are_copied(top):
    assert start(top) == start(top) == {"01.ipynb": "first version", "rise.css": "slides"}


def test_a_new_lesson_and_a_new_version_appear(top, capsys):
    start(top)
    (top / "notebooks" / "01.ipynb").write_text("second version")
    (top / "notebooks" / "02.ipynb").write_text("new")
    shown, printed = start(top, capsys)
    assert shown == {"01.ipynb": "second version", "02.ipynb": "new", "rise.css": "slides"} and printed == ""


@pytest.mark.parametrize("record", ["kept", "lost", "damaged"])
def test_work_is_never_overwritten_and_a_newer_version_is_mentioned(top, capsys, record):
    start(top)
    (top / "my" / "01.ipynb").write_text("my work")
    (top / "my" / "notes.ipynb").write_text("my own notebook")
    if record == "kept":
        assert start(top, capsys)[1] == "", "there is no newer version"
    elif record == "lost":
        (top / "my" / RECORD).unlink()
    else:
        (top / "my" / RECORD).write_text("{")
    (top / "notebooks" / "01.ipynb").write_text("second version")
    shown, printed = start(top, capsys)
    assert shown == {"01.ipynb": "my work", "notes.ipynb": "my own notebook", "rise.css": "slides"}
    assert printed.startswith(f"{top / 'my' / '01.ipynb'} contains your work and was kept. For the newer version, rename yours")
    (top / "my" / "01.ipynb").rename(top / "my" / "01_mine.ipynb")
    assert start(top)["01.ipynb"] == "second version" and start(top)["01_mine.ipynb"] == "my work"


def test_arguments_are_passed_to_jupyterlab(top, capfd):
    assert main(["--version"], top) == 0
    assert re.fullmatch(r"4\.\d+\.\d+\S*\n", capfd.readouterr().out)


def test_root_is_told_how_to_start(top, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0, raising=False)
    with pytest.raises(SystemExit, match="make lab ARGS=--allow-root"):
        main(["--no-browser"], top)
    assert not (top / "my").exists()


def test_node_does_not_take_the_files_of_jupyterlab_for_modules(top, monkeypatch):
    environment = top / ".venv"
    environment.mkdir()
    monkeypatch.setattr(sys, "prefix", str(environment))
    main(["--version"], top)
    assert json.loads((environment / "package.json").read_text()) == {}, "not the type of the repository's package.json"


def test_the_copy_finds_the_helpers_and_is_not_tracked(tmp_path):
    for folder in ("helpers", "samples"):
        shutil.copytree(TOP / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    update(TOP / "notebooks", tmp_path / "my")
    notebook = nbformat.read(min((tmp_path / "my").glob("*.ipynb")), as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    notebook.cells = [first, new_code_cell("from helpers import samples; print(samples['v_Jump_g01_c01.avi'].is_file())")]
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path / "my")}}).execute()
    assert notebook.cells[1].outputs[0].text == "True\n"
    assert "my/" in (TOP / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_make_lab_opens_the_copy():
    command = ["make", "--no-print-directory", "--dry-run", "lab", "ARGS=--port 9999"]
    printed = subprocess.run(command, cwd=TOP, capture_output=True, text=True).stdout
    assert printed.splitlines()[-1].endswith("python -m tools.notebooks.lab --port 9999")
