"""pyproject.toml contains the address of the repository; every notebook agrees with it."""

import json
import re
import shutil

import pytest

from tests.support import TOP
from tools.notebooks import repository as set_repository
from tools.notebooks.repository import files, in_line, place

FILES = files()


@pytest.fixture
def copy(tmp_path):
    """A copy of the files that contain the address of the repository."""
    shutil.copytree(TOP / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_notebook_agrees_with_pyproject(path):
    assert path.read_text(encoding="utf-8") == in_line(path, *place()), "run: python -m tools.notebooks.repository"


def test_a_new_address_is_written_to_every_notebook(copy, capsys):
    set_repository.main(["ada/films-2", "--tag", "v9.8"], top=copy)
    assert place(copy) == ("ada/films-2", "v9.8")
    assert "git push origin v9.8" in capsys.readouterr().out
    for path in (copy / "notebooks").glob("*.ipynb"):
        cells = ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
        assert f"https://colab.research.google.com/github/ada/films-2/blob/v9.8/notebooks/{path.name})" in cells[0]
        assert f"https://mybinder.org/v2/gh/ada/films-2/v9.8?labpath=notebooks%2F{path.name})" in cells[0]
        assert any("--branch v9.8 https://github.com/ada/films-2 " in cell for cell in cells)
        assert not re.search(r"(github\.com/|github/|/gh/)" + re.escape(place()[0]), "\n".join(cells))


def test_changing_it_back_restores_every_byte(copy):
    set_repository.main(["ada/films-2", "--tag", "v9.8"], top=copy)
    set_repository.main([place()[0], "--tag", place()[1]], top=copy)
    assert (copy / "pyproject.toml").read_bytes() == (TOP / "pyproject.toml").read_bytes()
    for path in FILES:
        assert (copy / path.relative_to(TOP)).read_bytes() == path.read_bytes()


def test_a_new_notebook_gets_its_links(copy):
    path = copy / "notebooks" / "99_new.ipynb"
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": ["# New\n", "\n", "An introduction."]}
    code = {"cell_type": "code", "id": "code", "metadata": {}, "outputs": [], "execution_count": 1, "source": ["import sys"]}
    path.write_text(json.dumps({"cells": [title, code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    assert in_line(path, *place()) != path.read_text()
    set_repository.main([], top=copy)
    source = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
    assert re.fullmatch(r"# New\n\n\[Open in Colab\]\(.*99_new.ipynb\) .*\n\nAn introduction\.", source)


@pytest.mark.parametrize("context", ["github/{}/blob", "/gh/{}/", "github.com/{} i3d"])
def test_a_single_different_address_is_corrected(copy, context):
    path = next((copy / "notebooks").glob("*.ipynb"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(context.format(place()[0]), context.format("somebody/else")), encoding="utf-8", newline="\n")
    assert in_line(path, *place()) == text != path.read_text(encoding="utf-8")


def test_a_malformed_name_is_refused(copy, capsys):
    with pytest.raises(SystemExit):
        set_repository.main(["https://github.com/ada/films"], top=copy)
    assert "must look like ada/i3d-tutorial" in capsys.readouterr().err
    assert place(copy) == place()
