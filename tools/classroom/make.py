"""Gather in one folder what a class without a network needs: packages, weights, clips and notebooks.

serve.py serves it. The packages are for this kind of computer. Where students have other kinds, run it on one of each,
and copy its folder of packages into --output: the next run takes them in.
"""

import argparse
import html
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from packaging.utils import parse_wheel_filename

from helpers.plumbing.cache import file_sha256, staging_dir
from helpers.plumbing.messages import DownloadError
from helpers.plumbing.movinet_files import fetch_labels, fetch_movinet
from helpers.plumbing.weights import ARCHIVE, fetch_archive
from tools.notebooks.student import for_students

TOP = Path(__file__).resolve().parents[2]
JOIN = Path(__file__).with_name("join.py")
LINE = (
    '{python} -c "import hashlib, sys, urllib.request as r; r.install_opener(r.build_opener(r.ProxyHandler({{}}))); '
    "server = 'SERVER'; join = r.urlopen(server + '/join.py').read(); hashlib.sha256(join).hexdigest() == '{sha256}' "
    "or sys.exit('This is not the file of your teacher: load the page again.'); exec(join)\""
)
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Join the classroom</title>
<style>
body { font-family: system-ui, sans-serif; line-height: 1.5; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
code { font-size: 1rem; overflow-wrap: anywhere; }
pre { background: #f3f3f3; border: 1px solid #ccc; padding: 0.75rem; white-space: pre-wrap; }
</style>
</head>
<body>
<main>
<h1>Join the classroom</h1>
<p>Copy the line for your computer into a terminal, in a folder where the tutorial shall be. It installs what the lesson needs
from the teacher's computer (MEGABYTES MB; 3 GB on your disk) and opens the notebooks. If it stops, run it again.</p>
<h2>Windows</h2>
<pre><code>WINDOWS</code></pre>
<h2>Linux and macOS</h2>
<pre><code>UNIX</code></pre>
<p>Before you run it: the sixteen characters after <code>==</code> must be those that your teacher shows.</p>
</main>
<script>
for (const code of document.querySelectorAll("pre code")) code.textContent = code.textContent.replace("SERVER", location.origin);
</script>
</body>
</html>
"""


def kind_of(python):
    """Ask a Python what packages it takes, such as linux-x86_64-cpython-311."""
    ask = "from join import kind_of_computer; print(kind_of_computer())"
    return subprocess.run([python, "-c", ask], cwd=JOIN.parent, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def wanted():
    return (TOP / "requirements.txt").read_text(encoding="utf-8").split("# tests")[0]


def is_current(folder):
    path = folder / "requirements.txt"
    return path.is_file() and path.read_text(encoding="utf-8") == wanted()


def gather_packages(folder, python):
    """Have a Python's pip fetch what the notebooks need, and write down what came."""
    if is_current(folder):
        print(f"The packages for {folder.name} are here already.")
        return
    print(f"Fetching the packages for {folder.name} …", flush=True)
    with staging_dir(folder) as new:
        (new / "requirements.txt").write_text(wanted(), encoding="utf-8")
        pip = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
        if subprocess.run([*pip, "--dest", new, "--requirement", new / "requirements.txt"]).returncode:
            sys.exit("pip could not fetch the packages; the lines above say why. Connect to the network, and run this again.")
        (new / "packages.txt").write_text(package_list(new), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)


def gather_weights(folder):
    if not (folder / ARCHIVE).is_file():
        print("Fetching the weights …", flush=True)
        with staging_dir(folder / ARCHIVE) as new:
            fetch_archive(new).replace(folder / ARCHIVE)


def gather_movinet(folder):
    """Copy MoViNet-A0 and its labels from the cache, where they are downloaded to; a class can do without them."""
    try:
        paths = [fetch_movinet("a0"), fetch_labels()]
    except DownloadError as error:
        print(f"The classroom is without MoViNet: {error}")
        return
    for path in paths:
        shutil.copyfile(path, folder / path.name)


def package_list(folder):
    """Return the packages in a folder as pip reads them, each with its version and its hash."""
    wheels = sorted(folder.glob("*.whl"))
    pins = ((*parse_wheel_filename(path.name)[:2], file_sha256(path)) for path in wheels)
    return "".join("{}=={} --hash=sha256:{}\n".format(*pin) for pin in pins)


def verified_list(folder):
    """Return the packages in a folder, which may come from another computer, if all of them are there and whole."""
    listed = (folder / "packages.txt").read_text(encoding="utf-8")
    if not is_current(folder) or package_list(folder) != listed:
        sys.exit(f"{folder} is incomplete or outdated. Delete it, and gather it again on a computer of its kind.")
    return listed


def lesson(lists):
    """Return {name: contents} of what a student gets: notebooks without solutions, and what they use."""
    folders = ("helpers", "helpers/display", "helpers/plumbing", "samples", "benchmarks")
    paths = [path for folder in folders for path in (TOP / folder).glob("[!.]*.*")]
    files = {path.relative_to(TOP): path.read_bytes() for path in [TOP / "LICENSE", *paths]}
    files |= {path.relative_to(TOP): for_students(path).encode() for path in (TOP / "notebooks").glob("*.ipynb")}
    files |= {Path("packages") / f"{kind}.txt": text.encode() for kind, text in lists.items()}
    return files


def write_zip(path, files):
    """Write an archive that is the same, bit for bit, for the same files."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, contents in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name.as_posix()), contents, compress_type=zipfile.ZIP_DEFLATED)


def size(folder):
    """Return the bytes that a student with these packages fetches."""
    paths = [*folder.iterdir(), *(folder.parent / "weights").iterdir(), folder.parent / "lesson.zip"]
    return sum(path.stat().st_size for path in paths)


def write_page(output, megabytes):
    join = file_sha256(output / "join.py")
    texts = {"WINDOWS": LINE.format(python="py", sha256=join), "UNIX": LINE.format(python="python3", sha256=join)}
    texts["MEGABYTES"] = str(megabytes)
    page = PAGE
    for name, text in texts.items():
        page = page.replace(name, html.escape(text, quote=False))
    (output / "index.html").write_text(page, encoding="utf-8")


def gather(output, python):
    output.mkdir(parents=True, exist_ok=True)
    gather_packages(output / kind_of(python), python)
    gather_weights(output / "weights")
    gather_movinet(output / "weights")
    (output / "index.html").unlink(missing_ok=True)  # nobody is let in before all is there
    folders = [path.parent for path in output.glob("*/packages.txt")]
    write_zip(output / "lesson.zip", lesson({folder.name: verified_list(folder) for folder in folders}))
    join = JOIN.read_text(encoding="utf-8").replace("filled in by make.py", file_sha256(output / "lesson.zip"))
    (output / "join.py").write_text(join, encoding="utf-8", newline="\n")
    write_page(output, round(max(map(size, folders)) / 1e6))
    print(f"The classroom is complete: {output}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=TOP / "build" / "classroom", help="the folder to gather in")
    parser.add_argument("--python", default=sys.executable, help="whose packages to gather (those of the Python that runs this)")
    options = parser.parse_args(arguments)
    python = shutil.which(options.python)
    if not python:
        sys.exit(f"Found no program {options.python}: name a Python that is here with --python.")
    try:
        gather(options.output, os.path.abspath(python))
    except DownloadError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
