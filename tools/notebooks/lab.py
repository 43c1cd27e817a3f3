"""Copy the notebooks to my/ and open them in JupyterLab: make lab.

JupyterLab saves by itself. In a copy, that does not change the tutorial's own files, so `git pull`, `make html`, and
`make student` keep working. The folder my/ is next to notebooks/, so that the first cell finds helpers/ and relative links work.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from helpers.basics.cache import file_sha256

TOP = Path(__file__).resolve().parents[2]
FIRST = "01_recognize_actions.ipynb"
RECORD = ".copied.json"  # the SHA-256 of each file as it was copied


def update(source, target):
    """Copy new notebooks, and new versions of those that nobody has changed; print a line for each other new version."""
    target.mkdir(exist_ok=True)
    copied = read_record(target)
    for path in sorted(path for path in source.iterdir() if path.suffix in (".ipynb", ".css")):
        mine, new = target / path.name, file_sha256(path)
        found = file_sha256(mine) if mine.exists() else None
        if found is None or found == copied.get(path.name) != new:
            part = target / f".{path.name}.part"
            part.write_bytes(path.read_bytes())
            os.replace(part, mine)
        elif found != new:
            if copied.get(path.name) != new:
                print(f"{mine} contains your work and was kept. For the newer version, rename yours, then run this again.")
            continue
        copied[path.name] = new
    (target / RECORD).write_text(json.dumps(copied, indent=1), encoding="utf-8")


def read_record(target):
    """Return {name: SHA-256}; without a readable record, every file counts as somebody's work."""
    try:
        return json.loads((target / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def main(arguments=None, top=TOP):
    """Pass the arguments, such as --no-browser, to JupyterLab."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if getattr(os, "geteuid", lambda: 1)() == 0 and not {"--allow-root", "--version"} & set(arguments):
        sys.exit("JupyterLab starts for the user root, as in some containers, only if you allow it: make lab ARGS=--allow-root")
    update(top / "notebooks", top / "my")
    # Node.js would otherwise take JupyterLab's files for modules, as the package.json of this repository says of its own.
    if top in Path(sys.prefix).parents:
        (Path(sys.prefix) / "package.json").write_text("{}", encoding="utf-8")
    signal.signal(signal.SIGINT, lambda *_: None)  # leave Ctrl+C to JupyterLab, which asks before it stops
    settings = [f"--LabApp.default_url=/lab/tree/{FIRST}", "--LabApp.news_url=None"]  # a lesson, and no question about news
    command = [sys.executable, "-m", "jupyterlab", top / "my", *settings, *arguments]
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
