"""A class without an internet connection: one computer serves the lesson to students who have only Python.

Teacher and students run in a network namespace without other computers. STUDENTS sets the number of students.
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
TEACHER = "10.77.0.1"  # not a loopback address, which pip would trust
NOTEBOOK = Path("i3d-tutorial") / "notebooks" / "01_recognize_actions.ipynb"
ANOTHER = "amiga-m68k-cpython-312"  # comes first in a sorted list
TIMEOUT = 1800  # seconds, enough for eight students on two cores
# Different from the teacher's Python, if possible.
PYTHON = find_python("3.13") or Path(sys.base_prefix) / ("python.exe" if os.name == "nt" else "bin/python3")


def make(folder):
    make_classroom.main(["--output", str(folder), "--python", str(PYTHON)])


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """The folder that `make classroom` writes."""
    folder = tmp_path_factory.mktemp("teacher") / "classroom"
    make(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def namespace():
    """The prefix of a command that runs in a new network namespace."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("needs unshare and ip (Linux)")
    setup = f"ip link set lo up && ip address add {TEACHER}/32 dev lo && echo ready && exec sleep infinity"
    holder = subprocess.Popen(["unshare", "--net", "--map-root-user", "sh", "-c", setup], stdout=subprocess.PIPE, text=True)
    if holder.stdout.readline() != "ready\n":
        pytest.skip("needs permission to create a network namespace")
    yield ["nsenter", "--target", str(holder.pid), "--user", "--net", "--preserve-credentials"]
    holder.kill()
    holder.wait()


@pytest.fixture(scope="module")
def server(classroom, namespace):
    """Start the teacher's server in the namespace; yield the two lines that it prints."""
    serve = [sys.executable, "-m", "tools.classroom.serve", "--folder", classroom]
    # Tests that run in the background ignore SIGINT, and child processes inherit that.
    accept_sigint = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen([*namespace, *serve], cwd=TOP, stdout=subprocess.PIPE, text=True, preexec_fn=accept_sigint)
    yield process.stdout.readline() + process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def terminal(folder):
    """Create a student's home folder; return options of `subprocess.run` for a command that runs in it."""
    settings = folder / ".jupyter" / "jupyter_server_config.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"ServerApp": {"allow_root": True, "open_browser": False}}))  # root in containers
    unreachable = {"http_proxy": "http://127.0.0.1:9"}  # a school's proxy, which must not be used
    return {"cwd": folder, "env": {"HOME": str(folder), "PATH": os.defpath, **unreachable}}


def line_on_page(classroom):
    """Return the command that students copy, as their browser shows it."""
    page = (classroom / "index.html").read_text(encoding="utf-8")
    line = re.findall("<pre><code>(.+?)</code></pre>", page)[1].replace("SERVER", f"http://{TEACHER}:8000")
    assert line.startswith("python3 ")
    return line.replace("python3", str(PYTHON), 1)


def join(namespace, line, folder):
    """Run the line in a student's terminal; return its process, which runs as long as JupyterLab."""
    with (folder.parent / f"{folder.name}.txt").open("w") as log:
        options = dict(terminal(folder), stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        return subprocess.Popen([*namespace, "sh", "-c", line], **options)


def wait_for_jupyterlab(folder, process):
    deadline = time.monotonic() + TIMEOUT
    while not list(folder.glob(".local/share/jupyter/runtime/jpserver-*.json")):
        log = folder.parent / f"{folder.name}.txt"
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.5)


def execute(namespace, folder):
    """Start a student's first notebook in the environment that the line created; return its process."""
    jupyter = folder / "i3d-tutorial" / ".venv" / "bin" / "jupyter"
    command = [jupyter, "execute", "--inplace", folder / NOTEBOOK, f"--timeout={TIMEOUT}"]
    return subprocess.Popen([*namespace, *command], env={"HOME": str(folder)}, stderr=subprocess.PIPE, text=True)


def test_students_cannot_reach_other_computers(namespace):
    """Otherwise the tests below could not show that the teacher's computer is enough."""
    connect = "import socket; socket.create_connection(('{}', 80), timeout=5)"
    for address in ("192.0.2.1", "1.1.1.1"):
        command = [*namespace, sys.executable, "-c", connect.format(address)]
        assert "Network is unreachable" in subprocess.run(command, capture_output=True, text=True).stderr


def test_the_server_prints_the_address_and_the_hash_in_the_line(classroom, server):
    assert f"http://{TEACHER}:8000 " in server
    assert server.split("after ==, ")[1][:16] in line_on_page(classroom)


def test_students_join_with_one_line_and_run_the_first_notebook(classroom, namespace, server, tmp_path):
    folders = [tmp_path / f"student{i}" for i in range(STUDENTS)]
    joined = [join(namespace, line_on_page(classroom), folder) for folder in folders]
    try:
        for folder, process in zip(folders, joined):
            wait_for_jupyterlab(folder, process)
            log = (folder.parent / f"{folder.name}.txt").read_bytes().partition(b"To open the notebooks later")[0]
            assert log.count(b"\n") <= 10, log  # progress returns to the start of its line
        for run in [execute(namespace, folder) for folder in folders]:  # the list starts all of them
            assert run.wait(TIMEOUT) == 0, run.stderr.read()
    finally:
        for process in joined:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    for folder in folders:
        text = (folder / NOTEBOOK).read_text(encoding="utf-8")
        assert re.search(r"cartwheeling: +7\d\.\d%", text)
        assert text.count("not solved yet") == 2, "exercises that are not solved yet are not errors"
        shutil.rmtree(folder)


def run_refused(namespace, line, folder):
    """Run a line that must fail before JupyterLab starts; return its output."""
    finished = subprocess.run([*namespace, "sh", "-c", line], capture_output=True, text=True, **terminal(folder))
    assert finished.returncode == 1
    return finished.stdout + finished.stderr


CHANGED = {  # file, message, and what the student's folder then contains
    "join.py": ("join.py", "This file is not from your teacher", {".jupyter"}),
    "lesson": ("lesson.zip", "The lesson is not from your teacher", {".jupyter"}),
    "package": ("*/*.whl", "THESE PACKAGES DO NOT MATCH THE HASHES", {".jupyter", "i3d-tutorial"}),
}


@pytest.mark.parametrize("kind", CHANGED)
def test_a_changed_file_is_refused(classroom, namespace, server, tmp_path, kind):
    pattern, message, left = CHANGED[kind]
    path = min(classroom.glob(pattern))  # the first package is the one that pip downloads first
    original = path.read_bytes()
    path.write_bytes(original + b"#")
    try:
        output = run_refused(namespace, line_on_page(classroom), tmp_path / "student")
    finally:
        path.write_bytes(original)
    assert message in output
    assert set(os.listdir(tmp_path / "student")) == left


def test_a_computer_without_packages_is_refused_before_anything_is_downloaded(classroom, namespace, server, tmp_path):
    line = line_on_page(classroom).replace("exec(join)", "import platform; platform.machine = lambda: 'Amiga'; exec(join)")
    output = run_refused(namespace, line, tmp_path / "student")
    kind = next(classroom.glob("*/packages.txt")).parent.name
    assert "-amiga-" in output and f"only for {kind}." in output

    assert os.listdir(tmp_path / "student") == [".jupyter"]
    with another_kind(classroom):
        line = line.replace(*map(hash_of_join, (line, line_on_page(classroom))))
        command = [*namespace, "sh", "-c", line]
        output = subprocess.run(command, cwd=tmp_path / "student", capture_output=True, text=True).stderr
    assert f"only for {ANOTHER}, {kind}." in output


def hash_of_join(line):
    return re.search("[0-9a-f]{64}", line)[0]


@contextmanager
def another_kind(classroom):
    """Add another kind of computer to the classroom, with an empty list of packages."""
    copy = classroom / ANOTHER
    copy.mkdir()
    (copy / "packages.txt").write_text("# Python 3.12.0\n")
    shutil.copy(next(classroom.glob("*/requirements.txt")), copy)
    try:
        make(classroom)
        yield copy
    finally:
        shutil.rmtree(copy)
        make(classroom)


def test_incomplete_packages_are_not_served(classroom):
    with another_kind(classroom) as copy:
        (copy / "packages.txt").write_text("numpy==2.0 --hash=sha256:0\n")
        with pytest.raises(SystemExit, match=f"{ANOTHER} is incomplete.* Delete it"):
            make(classroom)
        assert not (classroom / "index.html").exists()


def test_without_a_connection_make_raises_one_clear_error_and_leaves_no_files(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(SystemExit, match="Connect to the internet"):
        make(tmp_path)
    assert "No matching distribution" in capfd.readouterr().err
    assert {path.suffix for path in tmp_path.iterdir()} <= {".lock"}


def test_a_complete_classroom_can_be_made_again_without_a_connection(classroom, monkeypatch):
    before = (classroom / "lesson.zip").read_bytes()
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # as in class
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    make(classroom)
    assert (classroom / "lesson.zip").read_bytes() == before


def test_the_lesson_contains_the_notebooks_without_solutions(classroom):
    expected = {f"notebooks/{path.name}": for_students(path) for path in (TOP / "notebooks").glob("*.ipynb")}
    with zipfile.ZipFile(classroom / "lesson.zip") as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".ipynb")} == expected


def test_the_page_shows_the_line_with_the_servers_address(classroom, browser, screenshots):
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
        page.get_by_role("button", name="Copy the line for Linux and macOS").click()
        assert page.get_by_role("status").all_inner_texts() == ["", "Copied."]
        assert page.evaluate("getSelection().toString().trim()") == unix
        page.close()
        server.shutdown()
