"""What a student's computer needs is checked before it downloads anything; then few lines are printed."""

import json
import os
import re
import shlex
import sys
import urllib.error
import urllib.request
import zipfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers.basics.cache import file_sha256
from tests.support.servers import running
from tools.classroom import join, make
from tools.classroom.serve import Handler, Server
from tools.classroom.tally import Tally

KIND = "linux-x86_64-cpython-311"


def folder_of(top, kind=KIND, **requires):
    """Create a classroom's folder of packages, given as name="the Pythons that it accepts"; return its list."""
    folder = top / kind
    folder.mkdir()
    for name, pythons in requires.items():
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            line = f"Requires-Python: {pythons}\n" if pythons else ""
            wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Name: {name}\n{line}\nText\n")
    (folder / "requirements.txt").write_text(make.student_requirements(), encoding="utf-8")
    (folder / "packages.txt").write_text(make.package_list(folder, kind), encoding="utf-8")
    return make.verified_list(folder)


@pytest.mark.parametrize(
    "requires, oldest",
    [
        ({"numpy": ">=3.9", "tqdm": ""}, "3.11.0"),
        ({"numpy": ">=3.11", "soup": ">=3.11.5"}, "3.11.5"),
        ({"a": "!=3.11.0,>=3.8", "b": "!=3.11.1,<4"}, "3.11.2"),
    ],
)
def test_the_list_of_packages_begins_with_the_oldest_python_that_all_accept(tmp_path, requires, oldest):
    first, *pins = folder_of(tmp_path, **requires).splitlines()
    assert first == f"# Python {oldest}"
    assert [pin.partition("==")[0] for pin in pins] == sorted(requires)


def test_the_page_names_it_for_each_python(tmp_path):
    kinds = [KIND, "win32-amd64-cpython-311", "linux-x86_64-cpython-313"]
    lists = {kind: folder_of(tmp_path, kind, a=">=3.11.5") for kind in kinds}
    (tmp_path / "join.py").touch()
    make.write_page(tmp_path, 900, lists)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "You need Python 3.11 (at least 3.11.5) or 3.13 (at least 3.13.0)." in page
    order = [page.index(text) for text in ("You need Python", "sixteen characters", "<pre>", "<button")]
    assert order == sorted(order), "what to check comes before the line"


def test_the_page_links_to_that_of_make_web_if_it_is_there(tmp_path):
    lists = {KIND: folder_of(tmp_path, a="")}
    (tmp_path / "join.py").touch()
    for link in (False, True):
        make.write_page(tmp_path, 900, lists)
        page = (tmp_path / "index.html").read_text(encoding="utf-8")
        assert ('<a href="web/">' in page) == link and "WEB_PAGE" not in page
        (tmp_path / "web").mkdir(exist_ok=True)


def test_without_a_network_the_class_works_without_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make, "gather_web", lambda folder: sys.exit("npm could not download LiteRT.js"))
    make.gather_web_page(tmp_path / "web")
    assert capsys.readouterr().out == "The web page could not be gathered: npm could not download LiteRT.js\n"


@pytest.mark.parametrize("found", [(3, 11, 2), (3, 11, 4), (3, 11, 5), (3, 11, 12)])
def test_an_older_python_is_refused_in_one_line_before_anything_is_downloaded(tmp_path, monkeypatch, found):
    lists = {KIND: folder_of(tmp_path, soup=">=3.11.5")}
    monkeypatch.setattr(join, "OLDEST", make.oldest_pythons(lists))
    monkeypatch.setattr(join, "platform_tag", lambda: KIND)
    monkeypatch.setattr(join, "sys", SimpleNamespace(version_info=(*found, "final", 0), exit=sys.exit))
    monkeypatch.setattr(join.platform, "python_version", lambda: ".".join(map(str, found)))
    if found >= (3, 11, 5):
        join.require_packages()
    else:
        with pytest.raises(SystemExit, match="but the packages need at least 3.11.5") as refused:
            join.install("http://nowhere.invalid")
        assert refused.value.code.startswith(f"This is Python 3.11.{found[2]}, ") and "\n" not in refused.value.code


def test_a_lesson_overwrites_lists_of_packages_but_not_a_students_work(tmp_path, monkeypatch):
    names = ("notebooks/01.ipynb", "packages/a.txt", "new.txt")
    make.write_zip(tmp_path / "lesson.zip", {Path(name): b"new" for name in names})
    monkeypatch.setattr(join, "LESSON_SHA256", file_sha256(tmp_path / "lesson.zip"))
    monkeypatch.chdir(tmp_path)
    for name in names[:2]:
        (join.FOLDER / name).parent.mkdir(parents=True)
        (join.FOLDER / name).write_text("a student's")
    join.download_lesson(tmp_path.as_uri())
    assert [(join.FOLDER / name).read_text() for name in names] == ["a student's", "new", "new"]


PIP = """
import sys
print("Collecting a", "  Downloading a", "Requirement already satisfied: b", sep="\\n")
print("Installing collected packages: a", "Successfully installed a", sep="\\n")
sys.exit("ERROR: the disk is full" if len(sys.argv) > 1 and "{failing}" else 0)
"""


@pytest.mark.parametrize("failing", ["", "yes"])
def test_pip_is_quiet_but_for_its_errors(tmp_path, monkeypatch, capfd, failing):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(join, "platform_tag", lambda: KIND)
    (join.FOLDER / "packages").mkdir(parents=True)
    (join.FOLDER / "packages" / f"{KIND}.txt").write_text("# Python 3.11.0\na==1 --hash=sha256:0\nb==1 --hash=sha256:0\n")
    (tmp_path / "pip.py").write_text(PIP.format(failing=failing))
    if failing:
        with pytest.raises(SystemExit, match="Installing the packages failed; the lines above say why"):
            join.install_packages(sys.executable, dict(os.environ, PYTHONPATH=str(tmp_path)))
    else:
        join.install_packages(sys.executable, dict(os.environ, PYTHONPATH=str(tmp_path)))
    found = capfd.readouterr()
    assert found.out.endswith("2 of 2 …\rInstalling 2 packages, which takes a minute or two …\n") and found.out.count("\n") == 1
    assert found.err == ("ERROR: the disk is full\n" if failing else "")


def test_the_line_to_open_the_notebooks_later_also_works_in_a_folder_with_spaces(tmp_path, monkeypatch, capsys):
    home = tmp_path / "my documents"
    notebooks = home / join.FOLDER / "notebooks"
    notebooks.mkdir(parents=True)
    monkeypatch.chdir(home)
    monkeypatch.setattr(join, "install", lambda server: "python")
    monkeypatch.setattr(join, "run", lambda *command, **options: None)
    monkeypatch.setattr(join.signal, "signal", lambda *_: None)
    join.main("http://teacher")
    first, _, line = capsys.readouterr().out.partition(" and run: ")
    assert first == f"To open the notebooks later, open a terminal in {home}"
    python, *module, opened = shlex.split(line, posix=os.name != "nt")
    assert Path(python) == join.FOLDER / join.PYTHON and module == ["-m", "jupyterlab"] and Path(opened).resolve() == notebooks


def test_a_folder_that_was_renamed_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="my packages is not the name of a folder of packages, such as linux-x86_64-cpython-311"):
        folder_of(tmp_path, "my packages")


def answers(sender, *rights, lesson="02"):
    return json.dumps({"lesson": lesson, "sender": sender, "answers": rights}).encode()


def test_answers_to_a_quiz_are_counted_without_names():
    tally = Tally()
    assert "No answers yet" in tally.page()
    tally.add(answers(1, True, True, False, None, None))
    tally.add(answers(2, False, False, False, None, None))
    tally.add(answers(2, True, False, False, True, None))  # again: replaces the line above
    assert re.findall(r"<td>(\d of \d)</td>", tally.page()) == ["2 of 2", "1 of 2", "0 of 2", "1 of 1", "0 of 0"]
    assert "<h2>Lesson 02</h2>" in tally.page() and "Lesson 01" not in tally.page()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[1]",
        b"[" * 999,
        b"{}",
        answers("Anna", *5 * [True]),
        answers(1, True),
        answers(1, *5 * ["<script>"]),
        answers(1, *5 * [True], lesson="../../learn"),
    ],
)
def test_what_is_not_from_a_quiz_is_not_counted(body):
    tally = Tally()
    with pytest.raises(ValueError):
        tally.add(body)
    assert "No answers yet" in tally.page()


def test_the_server_counts_answers(tmp_path):
    with running(Server(("127.0.0.1", 0), partial(Handler, directory=tmp_path))) as server:
        page = f"http://127.0.0.1:{server.server_port}/quiz"
        urllib.request.urlopen(page, answers(1, *5 * [True]))
        for address, body in ((page, b"nonsense"), (page, b" " * 2000), (f"{page}/other", answers(1, *5 * [True]))):
            with pytest.raises(urllib.error.HTTPError, match="400"):
                urllib.request.urlopen(address, body)
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(urllib.request.Request(page, b"endless", {"Content-Length": "-1"}))
        assert urllib.request.urlopen(page).read().decode().count("<td>1 of 1</td>") == 5
