"""pyproject.toml contains the address of the repository; every notebook agrees with it."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.support import TOP
from tests.support.operating_systems import needs_posix_shell
from tools.notebooks import repository as set_repository
from tools.notebooks.repository import NOWHERE, PLACE_OF_CLONE, PLACE_OF_LINKS, files, in_line, place, with_address

FILES = files()


@pytest.fixture
def copy(tmp_path):
    """A copy of the files that contain the address of the repository."""
    shutil.copytree(TOP / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    (tmp_path / "README.md").write_text(f"# A title\n\n{PLACE_OF_LINKS}\n\nAn introduction.\n")
    set_repository.main([NOWHERE, "--tag", "v1.0"], top=tmp_path)
    return tmp_path


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


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
        assert f"src=https://github.com/ada/films-2/blob/v9.8/notebooks/{path.name})" in cells[0]
        assert f"https://mybinder.org/v2/gh/ada/films-2/v9.8?labpath=notebooks%2F{path.name})" in cells[0]
        assert any("--branch v9.8 https://github.com/ada/films-2 " in cell for cell in cells)
        assert not re.search(r"(github\.com/|github/|/gh/)OWNER/NAME", "\n".join(cells))


def test_without_an_address_no_page_links_to_one(copy):
    for path in (copy / "notebooks").glob("*.ipynb"):
        title, *_ = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert PLACE_OF_LINKS + "\n" in title["source"]
        assert "https://colab" not in "".join(title["source"])


def test_the_readme_gets_badges_that_open_the_first_notebook(copy):
    set_repository.main(["ada/films-2", "--tag", "v9.8"], top=copy)
    title, badges, introduction = (copy / "README.md").read_text(encoding="utf-8").strip().split("\n\n")
    shown = re.findall(r"\[!\[(.+?)\]\(https://\S+\)\]\((\S+)\)", badges)
    assert [text for text, _ in shown] == ["Open in Colab", "Open in Kaggle", "Launch Binder", "Open in Codespaces"]
    *notebooks, codespaces = [link for _, link in shown]
    assert all("ada/films-2" in link and "v9.8" in link and link.endswith("01_recognize_actions.ipynb") for link in notebooks)
    assert codespaces == "https://codespaces.new/ada/films-2"


def test_the_readme_gets_a_line_to_clone(copy):
    readme = copy / "README.md"
    readme.write_text(f"Run:\n\n{PLACE_OF_CLONE}\n\n    make demo\n", encoding="utf-8")
    set_repository.main(["ada/films-2", "--tag", "v9.8"], top=copy)
    assert (
        readme.read_text(encoding="utf-8")
        == "Run:\n\n    git clone https://github.com/ada/films-2 && cd films-2\n\n    make demo\n"
    )
    set_repository.main(["bob/moves", "--tag", "v9.8"], top=copy)
    assert "git clone https://github.com/bob/moves && cd moves\n" in readme.read_text(encoding="utf-8")


def test_the_badges_open_a_notebook_that_exists():
    assert (TOP / set_repository.FIRST_NOTEBOOK).is_file()


def test_the_readme_agrees_with_pyproject():
    text = (TOP / "README.md").read_text(encoding="utf-8")
    assert text == with_address(text, *place()), "run: python -m tools.notebooks.repository"


def test_changing_it_back_restores_every_byte(copy):
    before = contents(copy)
    set_repository.main(["ada/films-2", "--tag", "v9.8"], top=copy)
    changed = contents(copy)
    assert all(changed[path] != before[path] for path in before if path.suffix in (".ipynb", ".md", ".toml"))
    set_repository.main([NOWHERE, "--tag", "v1.0"], top=copy)
    assert contents(copy) == before


def test_a_new_notebook_gets_its_links(copy):
    path = copy / "notebooks" / "99_new.ipynb"
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": ["# New\n", "\n", "An introduction."]}
    code = {"cell_type": "code", "id": "code", "metadata": {}, "outputs": [], "execution_count": 1, "source": ["import sys"]}
    path.write_text(json.dumps({"cells": [title, code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    set_repository.main(["ada/films-2"], top=copy)
    source = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
    assert re.fullmatch(r"# New\n\n\[Open in Colab\]\(.*99_new.ipynb\) .*\n\nAn introduction\.", source)


@pytest.mark.parametrize("context", ["github/{}/blob", "github.com/{}/blob", "/gh/{}/", "github.com/{} i3d"])
def test_a_single_different_address_is_corrected(copy, context):
    set_repository.main(["ada/films-2"], top=copy)
    path = next((copy / "notebooks").glob("*.ipynb"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(context.format("ada/films-2"), context.format("somebody/else")), encoding="utf-8", newline="\n")
    assert in_line(path, "ada/films-2", "v1.0") == text != path.read_text(encoding="utf-8")


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A small repository with the tutorial's folders, which git finds at the address in the first cell."""
    repository = tmp_path / "published"
    (repository / "tools" / "setup").mkdir(parents=True)
    (repository / "tools" / "setup" / "install_missing.py").write_text("print('installed')")
    for folder in ("helpers", "notebooks"):
        (repository / folder).mkdir()
        (repository / folder / "a_file").touch()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)  # not the reader's own settings
    git = ["git", "-C", repository, "-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "All"], ["tag", place()[1]]):
        subprocess.run([*git, *command], check=True)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{repository.as_uri()}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"https://github.com/{place()[0]}")


@needs_posix_shell
@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
@pytest.mark.parametrize("hosted", [True, False])
def test_the_first_cell_clones_the_repository_on_kaggle_only(tmp_path, monkeypatch, published, hosted):
    working = tmp_path / "kaggle" / "working"
    working.mkdir(parents=True)
    cell = tmp_path / "cell.ipy"
    cell.write_text(set_repository.FIRST_CELL.format(name=place()[0], tag=place()[1]) + "\nprint(sys.path[0])\n")
    monkeypatch.delenv("KAGGLE_KERNEL_RUN_TYPE", raising=False)
    if hosted:
        monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "settings"))
    command = [sys.executable, "-m", "IPython", "--colors=NoColor", cell]
    printed = subprocess.run(command, cwd=working, capture_output=True, text=True).stdout
    if hosted:
        assert printed.split() == ["installed", str(working / "i3d-tutorial")]
    else:
        assert "FileNotFoundError: ../helpers is missing" in printed
        assert not any(working.iterdir())


def test_a_malformed_name_is_refused(copy, capsys):
    with pytest.raises(SystemExit):
        set_repository.main(["https://github.com/ada/films"], top=copy)
    assert "must look like ada/i3d-tutorial" in capsys.readouterr().err
    assert place(copy) == (NOWHERE, "v1.0")
