"""The settings for GitHub, Codespaces, Binder, conda and VS Code agree with the README and the Makefile."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
import yaml

from tests.support import TOP
from tools.setup import check

PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
WORKFLOWS = sorted((TOP / ".github" / "workflows").glob("*.yml"))


def jobs(name):
    return yaml.safe_load((TOP / ".github" / "workflows" / name).read_text(encoding="utf-8"))["jobs"]


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def test_all_files_name_the_same_python_versions():
    first, last = PYTHONS[0], PYTHONS[-1]
    assert jobs("tests.yml")["tests"]["strategy"]["matrix"]["python"] == PYTHONS
    assert jobs("drift.yml")["newest"]["steps"][1]["with"]["python-version"] == last
    for name in ("README.md", "requirements.txt"):
        assert f"Python {first} to {last}" in (TOP / name).read_text(encoding="utf-8")
    assert [".".join(map(str, version)) for version in (check.OLDEST, check.NEWEST)] == [first, last]


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_github_runs_the_tests_of_make_test():
    dry_run = ["make", "--dry-run", "--no-print-directory", "test"]
    # Without MAKEFLAGS, because `make drift` sets VENV in it.
    plain = {**os.environ, "MAKEFLAGS": ""}
    makes = subprocess.run(dry_run, cwd=TOP, capture_output=True, text=True, check=True, env=plain).stdout
    tests = [command for command in commands(jobs("tests.yml")["tests"]) if "pytest" in command]
    assert len(tests) == makes.count("-m pytest") == 3
    assert not [command for command in tests if command.replace("python -m", ".venv/bin/python -m") not in makes]
    [drift] = commands(jobs("drift.yml")["newest"])
    subprocess.run(["make", "--dry-run", *drift.split()[1:]], cwd=TOP, capture_output=True, check=True)


WRITE = {"report": {"issues": "write"}, "publish": {"pages": "write", "id-token": "write"}}


def test_jobs_can_write_only_what_they_report_or_publish():
    for path in WORKFLOWS:
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, job in workflow["jobs"].items():
            allowed = job.get("permissions", workflow["permissions"])
            assert allowed == WRITE.get(name, {"contents": "read"})


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_can_parse_the_script_of_the_report_job():
    [script] = commands(jobs("drift.yml")["report"])
    finished = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


def test_the_report_has_a_line_of_its_own_for_the_command():
    assert jobs("drift.yml")["report"]["env"]["BODY"].splitlines()[1:] == ["To reproduce it: make drift-newest"]


def test_binder_uses_environment_yml_and_a_tested_python():
    """Binder builds from one of these files or folders; only environment.yml is there."""
    assert not any((TOP / name).exists() for name in ("binder", ".binder", "Dockerfile", "runtime.txt", "Pipfile", "setup.py"))
    environment = yaml.safe_load((TOP / "environment.yml").read_text(encoding="utf-8"))
    python = next(package for package in environment["dependencies"] if str(package).startswith("python"))
    major, minor = map(int, PYTHONS[-1].split("."))
    assert python == f"python>={PYTHONS[0]},<{major}.{minor + 1}"


@pytest.fixture
def container():
    """The container in which Codespaces and VS Code open the repository."""
    return json.loads((TOP / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))


def test_the_container_has_a_tested_python_and_room_for_the_notebooks(container):
    [python] = re.findall(r"/devcontainers/python:\d+-(3\.\d+)-\w+$", container["image"])
    assert python in PYTHONS
    sizes = {name: int(re.fullmatch(r"(\d+)gb", container["hostRequirements"][name])[1]) for name in ("memory", "storage")}
    assert sizes["memory"] >= 6 and sizes["storage"] >= 4  # as in the README


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_the_container_installs_the_packages_where_make_looks_for_them(container):
    program, target = shlex.split(container["postCreateCommand"])
    plain = {**os.environ, "MAKEFLAGS": ""}
    subprocess.run([program, "--dry-run", target], cwd=TOP, capture_output=True, check=True, env=plain)
    makes = subprocess.run([program, "--dry-run", "--always-make", target], cwd=TOP, capture_output=True, text=True, env=plain)
    assert "-m pip install" in makes.stdout
    interpreter = container["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert interpreter == "${containerWorkspaceFolder}/" + target.replace("installed", "bin/python")


def test_the_container_forwards_the_ports_that_servers_use(container):
    page = re.search(r'"--port", type=int, default=(\d+)', (TOP / "tools" / "web" / "serve.py").read_text(encoding="utf-8"))
    assert container["forwardPorts"] == [8888, int(page[1])]  # JupyterLab's, and that of make web
    assert list(container["portsAttributes"]) == list(map(str, container["forwardPorts"]))


def test_the_container_has_the_extensions_that_vs_code_recommends(container):
    recommended = json.loads((TOP / ".vscode" / "extensions.json").read_text(encoding="utf-8"))["recommendations"]
    assert container["customizations"]["vscode"]["extensions"] == recommended


def test_vs_code_runs_notebooks_and_tests_in_folders_that_exist():
    settings = json.loads((TOP / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    assert settings["jupyter.notebookFileRoot"] == "${fileDirname}"
    assert all((TOP / folder).is_dir() for folder in settings["python.testing.pytestArgs"])
