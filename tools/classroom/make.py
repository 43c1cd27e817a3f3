"""Gather what a class needs to work offline in one folder: packages, weights, clips and notebooks.

serve.py serves the folder. The packages are for this computer's system, processor and Python. If students have other computers,
run this on one computer of each kind and copy its folder of packages into --output. The next run includes it.
"""

import argparse
import html
import os
import re
import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.utils import parse_wheel_filename

from helpers.basics.cache import file_sha256, staging_dir
from helpers.basics.messages import DownloadError
from helpers.models.i3d.weights import ARCHIVE, fetch_archive
from helpers.models.movinet.files import fetch_labels, fetch_movinet
from tools.notebooks.student import for_students
from tools.web.gather import gather as gather_web

TOP = Path(__file__).resolve().parents[2]
JOIN = Path(__file__).with_name("join.py")
LINE = (
    '{python} -c "import hashlib, sys, urllib.request as r; r.install_opener(r.build_opener(r.ProxyHandler({{}}))); '
    "server = 'SERVER'; join = r.urlopen(server + '/join.py').read(); hashlib.sha256(join).hexdigest() == '{sha256}' "
    "or sys.exit('This file is not from your teacher: load the page again.'); exec(join)\""
)
PAGE = Path(__file__).with_name("page.html")
WEB = (
    '<p>Or, with nothing to install: <a href="web/">recognize and teach actions in this browser</a>. At this address, browsers '
    "do not open the camera, but they read videos.</p>"
)


def platform_of(python):
    """Return the platform tag of a Python, such as linux-x86_64-cpython-311."""
    code = "from join import platform_tag; print(platform_tag())"
    return subprocess.run([python, "-c", code], cwd=JOIN.parent, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def student_requirements():
    """Return the part of requirements.txt that students need."""
    return (TOP / "requirements.txt").read_text(encoding="utf-8").split("# tests")[0]


def is_current(folder):
    """Return whether a folder of packages matches the current requirements."""
    path = folder / "requirements.txt"
    return path.is_file() and path.read_text(encoding="utf-8") == student_requirements()


def gather_packages(folder, python):
    """Download the packages of the notebooks with a Python's pip, and write a list of them."""
    if is_current(folder):
        print(f"The packages for {folder.name} are already here.")
        return
    print(f"Downloading the packages for {folder.name} …", flush=True)
    with staging_dir(folder) as new:
        (new / "requirements.txt").write_text(student_requirements(), encoding="utf-8")
        pip = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
        if subprocess.run([*pip, "--dest", new, "--requirement", new / "requirements.txt"]).returncode:
            sys.exit("pip could not download the packages; the lines above say why. Connect to the internet, and run this again.")
        (new / "packages.txt").write_text(package_list(new, folder.name), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)


def gather_weights(folder):
    if not (folder / ARCHIVE).is_file():
        print("Downloading the weights …", flush=True)
        with staging_dir(folder / ARCHIVE) as new:
            fetch_archive(new).replace(folder / ARCHIVE)


def gather_movinet(folder):
    """Copy MoViNet-A0 and its labels, downloaded if needed; if they cannot be downloaded, the class works without them."""
    try:
        paths = [fetch_movinet("a0"), fetch_labels()]
    except DownloadError as error:
        print(f"The classroom will not have MoViNet: {error}")
        return
    for path in paths:
        shutil.copyfile(path, folder / path.name)


def gather_web_page(folder):
    """Gather the page that recognizes actions in the browser; if that fails, the class works with the one there, or without."""
    try:
        gather_web(folder)
    except (DownloadError, SystemExit) as error:
        print(f"The web page could not be gathered: {error}")


def package_list(folder, kind):
    """Return the packages in a folder as pip requirements, with versions and hashes, below the oldest Python that they accept."""
    wheels = sorted(folder.glob("*.whl"))
    pins = ((*parse_wheel_filename(path.name)[:2], file_sha256(path)) for path in wheels)
    return f"# Python {oldest_python(wheels, kind)}\n" + "".join("{}=={} --hash=sha256:{}\n".format(*pin) for pin in pins)


def oldest_python(wheels, kind):
    """Return the oldest release of a platform tag's Python that all packages accept, such as 3.11.5 for …-cpython-311."""
    version = re.search(r"(\d)(\d+)$", kind)
    if not version:
        sys.exit(f"{kind} is not the name of a folder of packages, such as linux-x86_64-cpython-311: rename or delete it.")
    major, minor = version.groups()
    accepted = [SpecifierSet(requires_python(path)) for path in wheels]
    releases = (f"{major}.{minor}.{micro}" for micro in range(100))
    return next(release for release in releases if all(release in versions for versions in accepted))


def requires_python(wheel):
    """Return the versions of Python that a package accepts, such as >=3.11.5; any, if it does not say."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
        return message_from_bytes(archive.read(name))["Requires-Python"] or ""


def verified_list(folder):
    """Return the package list of a folder, which may come from another computer; exit if packages are missing or were changed."""
    listed = (folder / "packages.txt").read_text(encoding="utf-8")
    if not is_current(folder) or package_list(folder, folder.name) != listed:
        sys.exit(f"{folder} is incomplete or outdated. Delete it, and run make classroom again on a computer of that kind.")
    return listed


def oldest_pythons(lists):
    """Return the oldest Python that the packages for each kind of computer accept, from the first lines of their lists."""
    return {kind: text.partition("\n")[0].split()[-1] for kind, text in lists.items()}


def lesson(lists):
    """Return {name: contents} of a student's files: notebooks without solutions, and the files that they use."""
    paths = [path for folder in ("samples", "benchmarks") for path in (TOP / folder).glob("[!.]*.*")]
    paths += [path for path in (TOP / "helpers").rglob("*.*") if path.is_file() and path.parent.name != "__pycache__"]
    files = {path.relative_to(TOP): path.read_bytes() for path in [TOP / "LICENSE", *paths]}
    files |= {path.relative_to(TOP): for_students(path).encode() for path in (TOP / "notebooks").glob("*.ipynb")}
    files |= {Path("packages") / f"{kind}.txt": text.encode() for kind, text in lists.items()}
    return files


def write_zip(path, files):
    """Write a reproducible archive: the same files always result in the same bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, contents in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name.as_posix()), contents, compress_type=zipfile.ZIP_DEFLATED)


def download_size(folder):
    """Return the number of bytes that a student with these packages downloads."""
    paths = [*folder.iterdir(), *(folder.parent / "weights").iterdir(), folder.parent / "lesson.zip"]
    return sum(path.stat().st_size for path in paths)


def write_page(output, megabytes, lists):
    """Write the web page that students open."""
    join = file_sha256(output / "join.py")
    texts = {"WINDOWS": LINE.format(python="py", sha256=join), "UNIX": LINE.format(python="python3", sha256=join)}
    texts["MEGABYTES"] = str(megabytes)
    versions = sorted(set(oldest_pythons(lists).values()), key=lambda release: tuple(map(int, release.split("."))))
    texts["PYTHONS"] = " or ".join(f"{version.rpartition('.')[0]} (at least {version})" for version in versions)
    page = PAGE.read_text(encoding="utf-8")
    for name, text in texts.items():
        page = page.replace(name, html.escape(text, quote=False))
    page = page.replace("WEB_PAGE", WEB if (output / "web").is_dir() else "")
    (output / "index.html").write_text(page, encoding="utf-8")


def gather(output, python):
    """Make or update the classroom folder."""
    output.mkdir(parents=True, exist_ok=True)
    gather_packages(output / platform_of(python), python)
    gather_weights(output / "weights")
    gather_movinet(output / "weights")
    gather_web_page(output / "web")
    (output / "index.html").unlink(missing_ok=True)  # serve.py does not start until the page exists
    folders = [path.parent for path in output.glob("*/packages.txt")]
    lists = {folder.name: verified_list(folder) for folder in folders}
    write_zip(output / "lesson.zip", lesson(lists))
    join = JOIN.read_text(encoding="utf-8").replace('"filled in by make.py"', f'"{file_sha256(output / "lesson.zip")}"')
    join = join.replace("OLDEST = {}", f"OLDEST = {oldest_pythons(lists)}")
    (output / "join.py").write_text(join, encoding="utf-8", newline="\n")
    write_page(output, round(max(map(download_size, folders)) / 1e6), lists)
    print(f"The classroom is complete: {output}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=TOP / "build" / "classroom", help="output folder (default: %(default)s)")
    parser.add_argument("--python", default=sys.executable, help="Python to download packages for (default: %(default)s)")
    options = parser.parse_args(arguments)
    python = shutil.which(options.python)
    if not python:
        sys.exit(f"{options.python} was not found: choose an installed Python with --python.")
    try:
        gather(options.output, os.path.abspath(python))
    except DownloadError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
