"""Gather in one folder what a class without a network needs: packages, weights, clips and notebooks.

serve_classroom.py serves it. The packages are for this kind of computer. Where students have other kinds, run it on one of each, and
copy its folder of packages into --output: the next run takes them in.
"""

import argparse
import html
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from make_student_notebooks import for_students
from packaging.utils import parse_wheel_filename

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))
from helpers.weights import ARCHIVE, fetch_archive, sha256  # noqa: E402

JOIN = TOP / "tools" / "join_classroom.py"
COMMAND = (
    "{python} -c \"import hashlib, urllib.request; server = 'SERVER'; join = urllib.request.urlopen(server + '/join.py').read(); "
    "assert hashlib.sha256(join).hexdigest() == '{sha256}'; exec(join)\""
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
from the teacher's computer (MEGABYTES MB) and opens the notebooks. If it stops, run it again.</p>
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
    ask = "from join_classroom import kind_of_computer; print(kind_of_computer())"
    return subprocess.run([python, "-c", ask], cwd=JOIN.parent, check=True, capture_output=True, text=True).stdout.strip()


def gather_packages(folder, python):
    """Have a Python's pip fetch what the notebooks need."""
    wanted = (TOP / "requirements.txt").read_text(encoding="utf-8").split("# tests")[0]
    list_of_wanted = folder / "requirements.txt"
    if list_of_wanted.is_file() and list_of_wanted.read_text(encoding="utf-8") == wanted:
        print(f"The packages for {folder.name} are here already.")
        return
    print(f"Fetching the packages for {folder.name} …", flush=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as new:
        requirements = Path(new) / list_of_wanted.name
        requirements.write_text(wanted, encoding="utf-8")
        pip = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
        if subprocess.run([*pip, "--dest", new, "--requirement", requirements]).returncode:
            sys.exit("pip could not fetch the packages; the lines above say why. Connect to the network, and run this again.")
        shutil.rmtree(folder, ignore_errors=True)
        Path(new).rename(folder)


def gather_weights(folder):
    if not (folder / ARCHIVE).is_file():
        print("Fetching the weights …", flush=True)
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as new:
            fetch_archive(new).replace(folder / ARCHIVE)


def package_list(folder):
    """Return the packages in a folder as pip reads them, each with its version and its hash."""
    wheels = sorted(folder.glob("*.whl"))
    return "".join("{}=={} --hash=sha256:{}\n".format(*parse_wheel_filename(path.name)[:2], sha256(path)) for path in wheels)


def lesson(lists):
    """Return {name: contents} of what a student gets: notebooks without solutions, and what they use."""
    paths = [path for folder in ("helpers", "samples", "benchmarks") for path in (TOP / folder).iterdir() if path.is_file()]
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
    join = sha256(output / "join.py")
    texts = {"WINDOWS": COMMAND.format(python="py", sha256=join), "UNIX": COMMAND.format(python="python3", sha256=join)}
    texts["MEGABYTES"] = str(megabytes)
    page = PAGE
    for name, text in texts.items():
        page = page.replace(name, html.escape(text, quote=False))
    (output / "index.html").write_text(page, encoding="utf-8")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=TOP / "build" / "classroom", help="the folder to gather in")
    parser.add_argument("--python", default=sys.executable, help="whose packages to gather (those of the Python that runs this)")
    options = parser.parse_args(arguments)
    output = options.output
    output.mkdir(parents=True, exist_ok=True)
    gather_packages(output / kind_of(options.python), options.python)
    gather_weights(output / "weights")
    folders = [path.parent for path in output.glob("*/requirements.txt")]
    write_zip(output / "lesson.zip", lesson({folder.name: package_list(folder) for folder in folders}))
    join = JOIN.read_text(encoding="utf-8").replace("filled in by make_classroom.py", sha256(output / "lesson.zip"))
    (output / "join.py").write_text(join, encoding="utf-8")
    write_page(output, round(max(map(size, folders)) / 1e6))
    print(f"The classroom is complete: {output}")


if __name__ == "__main__":
    main()
