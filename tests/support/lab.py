"""JupyterLab, started apart from the reader's own, and its menus."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import nbformat
import pytest

START, CLICK = 120, 60  # timeouts in seconds: start of the server, a click
SETTINGS = {
    # By default, JupyterLab renders only the cells in view; the tests need all of them.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
IDLE = """() => document.querySelector(".jp-Toolbar-kernelName")?.textContent.includes("Python")
    && document.querySelector(".jp-Notebook-ExecutionIndicator")?.dataset.status === "idle" """


def write_notebook(path, cells):
    """Write a notebook with these cells of code."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


def open_and_run(page, lab, name):
    """Open a notebook and run all of its cells."""
    page.set_default_timeout(CLICK * 1000)
    page.goto(f"{lab['url']}lab/tree/{name}?reset&token={lab['token']}")
    page.wait_for_function(IDLE, timeout=START * 1000)
    choose(page, "Edit", "Clear Outputs of All Cells")
    choose(page, "Run", "Run All Cells")


@contextmanager
def jupyterlab(tutorial, own, folder="notebooks", **variables):
    """Run JupyterLab on a folder of the tutorial, with its settings in another; yield the contents of its runtime file."""
    for name, settings in SETTINGS.items():
        file = own / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(settings), encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER") and name != "TQDM_DISABLE"}
    folders = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
    folders |= {"LAB_SETTINGS_DIR": "settings", "LAB_WORKSPACES_DIR": "workspaces"}
    env |= {f"JUPYTER{'' if name.startswith('LAB') else '_'}{name}": str(own / folder) for name, folder in folders.items()}
    env |= {"IPYTHONDIR": str(own / "ipython"), **variables}
    command = [sys.executable, "-m", "jupyterlab", folder, "--no-browser", "--allow-root"]
    with (own / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=tutorial, env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield runtime_info(own, server)
    finally:
        server.terminate()
        server.wait(CLICK)


def runtime_info(own, server):
    """Return the contents of the file that a server writes after its start, with its address and token."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and server.poll() is None:
        for file in (own / "runtime").glob("jpserver-*.json"):
            if file.read_text(encoding="utf-8").rstrip().endswith("}"):  # complete
                return json.loads(file.read_text(encoding="utf-8"))
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start: {(own / 'log').read_text(encoding='utf-8')[-3000:]}")


def choose(page, menu, *items):
    """Choose an item from the menu bar, such as "Run", "Run All Cells"."""
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{menu}$")).click()
    for item in items:
        page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}$")).click()


def request(lab, path, method="GET"):
    """Send a request to JupyterLab's REST API; return the body of the response."""
    headers = {"Authorization": f"token {lab['token']}"}
    prepared = urllib.request.Request(lab["url"] + path, method=method, headers=headers)
    with urllib.request.urlopen(prepared, timeout=CLICK) as response:
        return response.read()


def kernels(lab):
    return json.loads(request(lab, "api/kernels"))
