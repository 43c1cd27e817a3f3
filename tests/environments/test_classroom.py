"""A class without a network: one computer that serves the lesson, and students who have Python and nothing else.

The students live in a network namespace, in which there is nobody but the teacher. STUDENTS says how many there are.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.support import TOP
from tests.support.axe import findings
from tests.support.environments import find_python
from tools.classroom import make as make_classroom
from tools.classroom.serve import Handler, Server
from tools.notebooks.student import for_students

STUDENTS = int(os.environ.get("STUDENTS", 1))
TEACHER = "10.77.0.1"  # of no loopback network, so that pip trusts it no more than any other
FIRST = Path("i3d-tutorial") / "notebooks" / "01_recognize_actions.ipynb"
LONG = 1800  # seconds: the longest that eight students on two cores may take
# Another one than the teacher's, where there is another.
PYTHON = find_python("3.13") or Path(sys.base_prefix) / ("python.exe" if os.name == "nt" else "bin/python3")


def make(folder):
    make_classroom.main(["--output", str(folder), "--python", str(PYTHON)])


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """What `make classroom` gathers."""
    folder = tmp_path_factory.mktemp("teacher") / "classroom"
    make(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def room():
    """The start of a command that runs in a network of its own."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("without unshare and ip (Linux) no network can be made that reaches only the teacher")
    network = f"ip link set lo up && ip address add {TEACHER}/32 dev lo && echo ready && exec sleep infinity"
    holder = subprocess.Popen(["unshare", "--net", "--map-root-user", "sh", "-c", network], stdout=subprocess.PIPE, text=True)
    if holder.stdout.readline() != "ready\n":
        pytest.skip("this system lets no ordinary user make a network namespace")
    yield ["nsenter", "--target", str(holder.pid), "--user", "--net", "--preserve-credentials"]
    holder.kill()
    holder.wait()


@pytest.fixture(scope="module")
def server(classroom, room):
    """The teacher's server, in the students' network; gives what it says to the teacher."""
    serve = [sys.executable, "-m", "tools.classroom.serve", "--folder", classroom]
    # Tests that run in the background ignore Ctrl+C, and would hand that on.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen([*room, *serve], cwd=TOP, stdout=subprocess.PIPE, text=True, preexec_fn=heed)
    yield process.stdout.readline() + process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def terminal(folder):
    """Make a student's home; return what a command gets that runs in it."""
    settings = folder / ".jupyter" / "jupyter_server_config.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"ServerApp": {"allow_root": True, "open_browser": False}}))  # a container's user is root
    unreachable = {"http_proxy": "http://127.0.0.1:9"}  # the school's, which is not in the room
    return {"cwd": folder, "env": {"HOME": str(folder), "PATH": os.defpath, **unreachable}}


def line_on_page(classroom):
    """Return the line that students copy, as their browser shows it."""
    page = (classroom / "index.html").read_text(encoding="utf-8")
    line = re.findall("<pre><code>(.+?)</code></pre>", page)[1].replace("SERVER", f"http://{TEACHER}:8000")
    assert line.startswith("python3 ")
    return line.replace("python3", str(PYTHON), 1)


def join(room, line, folder):
    """Run the line in a student's terminal, as long as JupyterLab runs."""
    with (folder.parent / f"{folder.name}.txt").open("w") as log:
        options = dict(terminal(folder), stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        return subprocess.Popen([*room, "sh", "-c", line], **options)


def wait_for_jupyterlab(folder, process):
    deadline = time.monotonic() + LONG
    while not list(folder.glob(".local/share/jupyter/runtime/jpserver-*.json")):
        log = folder.parent / f"{folder.name}.txt"
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.5)


def execute(room, folder):
    """Run a student's first notebook, with the Python that the line has made."""
    jupyter = folder / "i3d-tutorial" / ".venv" / "bin" / "jupyter"
    command = [jupyter, "execute", "--inplace", folder / FIRST, f"--timeout={LONG}"]
    return subprocess.Popen([*room, *command], env={"HOME": str(folder)}, stderr=subprocess.PIPE, text=True)


def test_the_room_reaches_nobody_else(room):
    reach = "import socket; socket.create_connection(('{}', 80), timeout=5)"
    for address in ("192.0.2.1", "1.1.1.1"):
        finished = subprocess.run([*room, sys.executable, "-c", reach.format(address)], capture_output=True, text=True)
        assert "Network is unreachable" in finished.stderr


def test_the_teacher_is_told_what_students_must_see(classroom, server):
    assert f"http://{TEACHER}:8000 " in server
    assert server.split("after ==, ")[1][:16] in line_on_page(classroom)


def test_students_join_with_one_line_and_run_the_first_notebook(classroom, room, server, tmp_path):
    folders = [tmp_path / f"student{i}" for i in range(STUDENTS)]
    joined = [join(room, line_on_page(classroom), folder) for folder in folders]
    try:
        for folder, process in zip(folders, joined):
            wait_for_jupyterlab(folder, process)
        for run in [execute(room, folder) for folder in folders]:  # all of them run by now
            assert run.wait(LONG) == 0, run.stderr.read()
    finally:
        for process in joined:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    for folder in folders:
        assert re.search(r"cartwheeling: +7\d\.\d%", (folder / FIRST).read_text(encoding="utf-8"))
        shutil.rmtree(folder)


def refusal(room, line, folder):
    """Return what a line says that does not get as far as JupyterLab."""
    finished = subprocess.run([*room, "sh", "-c", line], capture_output=True, text=True, **terminal(folder))
    assert finished.returncode == 1
    return finished.stdout + finished.stderr


@pytest.mark.parametrize("file", ["join.py", "lesson.zip", "*/*.whl"])
def test_what_was_changed_is_refused(classroom, room, server, tmp_path, file):
    path = min(classroom.glob(file))  # of the packages, the one that pip takes first
    true = path.read_bytes()
    path.write_bytes(true + b"#")
    try:
        said = refusal(room, line_on_page(classroom), tmp_path / "student")
    finally:
        path.write_bytes(true)
    told = {"join.py": "not the file of your teacher", "lesson.zip": "The lesson is not the teacher's"}
    assert told.get(file, "THESE PACKAGES DO NOT MATCH THE HASHES") in said
    assert file not in told or os.listdir(tmp_path / "student") == [".jupyter"]


def test_a_computer_of_another_kind_is_told_which_are_served(classroom, room, server, tmp_path):
    line = line_on_page(classroom).replace("exec(join)", "import platform; platform.machine = lambda: 'Amiga'; exec(join)")
    said = refusal(room, line, tmp_path / "student")
    kind = next(classroom.glob("*/packages.txt")).parent.name
    assert "-amiga-" in said and f"needed one of: {kind}." in said

    work = tmp_path / "student" / FIRST
    work.write_text("what a student wrote")
    with another_kind(classroom):
        line = line.replace(*map(hash_of_join, (line, line_on_page(classroom))))
        said = subprocess.run([*room, "sh", "-c", line], cwd=tmp_path / "student", capture_output=True, text=True).stderr
    assert f"needed one of: another-kind, {kind}." in said
    assert work.read_text() == "what a student wrote"


def hash_of_join(line):
    return re.search("[0-9a-f]{64}", line)[0]


@contextmanager
def another_kind(classroom):
    """A classroom that has the packages of another kind of computer, too: none."""
    copy = classroom / "another-kind"
    copy.mkdir()
    (copy / "packages.txt").touch()
    shutil.copy(next(classroom.glob("*/requirements.txt")), copy)
    try:
        make(classroom)
        yield copy
    finally:
        shutil.rmtree(copy)
        make(classroom)


def test_packages_that_are_not_all_there_are_not_served(classroom):
    with another_kind(classroom) as copy:
        (copy / "packages.txt").write_text("numpy==2.0 --hash=sha256:0\n")
        with pytest.raises(SystemExit, match="another-kind is incomplete.* Delete it"):
            make(classroom)
        assert not (classroom / "index.html").exists()


def test_a_gathering_without_a_network_says_so_and_leaves_nothing(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(SystemExit, match="Connect to the network"):
        make(tmp_path)
    assert "No matching distribution" in capfd.readouterr().err
    assert {path.suffix for path in tmp_path.iterdir()} <= {".lock"}


def test_the_lesson_holds_no_solution_and_is_gathered_once(classroom, monkeypatch):
    before = (classroom / "lesson.zip").read_bytes()
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # as in class
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    make(classroom)
    assert (classroom / "lesson.zip").read_bytes() == before
    with zipfile.ZipFile(classroom / "lesson.zip") as archive:
        for path in (TOP / "notebooks").glob("*.ipynb"):
            assert archive.read(f"notebooks/{path.name}").decode() == for_students(path)


def test_the_page_shows_the_line_with_the_address_that_it_came_from(classroom, browser, screenshots):
    with Server(("127.0.0.1", 0), partial(Handler, directory=classroom)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        page = browser.new_page()
        page.goto(address)
        page.screenshot(path=screenshots / "classroom.png", full_page=True)
        assert findings(page) == []
        windows, unix = page.locator("pre").all_inner_texts()
        assert unix == line_on_page(classroom).replace(f"http://{TEACHER}:8000", address).replace(str(PYTHON), "python3")
        assert windows == unix.replace("python3", "py", 1)
        page.close()
        server.shutdown()
