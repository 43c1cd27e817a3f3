"""Check that this computer has what the tutorial needs, and print one line per check.

With `--python`, it checks only the version of Python and needs only the standard library, also that of old Python versions, from
2.7 on, which it reports as too old. Modules that they lack must therefore not be imported at the top of this file.
"""

import os
import platform
import re
import shutil
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OLDEST, NEWEST = (3, 10), (3, 13)
FREE_GB = 1  # weights, module and clips in the cache


def check_python():
    found = "Python " + platform.python_version()
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return found, None
    return found, "expected Python 3.10 to 3.13. Run: make PYTHON=python3.12 (or another that you have)"


def check_packages():
    """Compare the installed packages with requirements.txt."""
    with open(os.path.join(TOP, "requirements.txt"), encoding="utf-8") as file:
        lines = [line.split("#")[0].strip() for line in file]
    wrong = [problem for line in lines if line for problem in [compare(line)] if problem]
    if not wrong:
        return "the packages of requirements.txt", None
    return ", ".join(wrong), "expected the packages of requirements.txt. Run: python -m pip install -r requirements.txt"


def compare(requirement):
    """Return the problem with one requirement, such as numpy>=1.26,<3, or None."""
    from importlib import metadata

    name = re.match(r"[\w.-]+", requirement).group()
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return "no " + name
    from packaging.requirements import Requirement

    return None if Requirement(requirement).specifier.contains(found, prereleases=True) else name + " " + found


def check_opencv():
    """Check that no two packages of OpenCV share the folder cv2, where each overwrites or removes files of the other."""
    from importlib import metadata

    names = ["opencv{}-python{}".format(contrib, headless) for contrib in ("-contrib", "") for headless in ("-headless", "")]
    found = []
    for name in names:
        try:
            found.append(name + " " + metadata.version(name))
        except metadata.PackageNotFoundError:
            pass
    repair = "pip uninstall --yes {}. Then run: python -m pip install -r requirements.txt".format(" ".join(names))
    if len(found) > 1:
        problem = "expected only the first, because they overwrite each other's files. Run: python -m " + repair
        return " and ".join(found), problem
    try:
        import cv2

        has_flow = hasattr(cv2, "optflow")
    except ImportError:
        has_flow = False
    return " ".join(found), None if has_flow else "expected its module cv2.optflow. Run: python -m " + repair


def check_disk():
    from helpers.basics.cache import cache_folder

    free = shutil.disk_usage(cache_folder()).free / 1e9
    found = "{:.0f} GB free for the cache".format(free)
    problem = "expected at least {} GB. Run: export I3D_CACHE=/folder/on/a/larger/disk".format(FREE_GB)
    return found, None if free >= FREE_GB else problem


def check_weights():
    from helpers.basics.cache import cache_folder, file_sha256
    from helpers.models.i3d.weights import CHECKPOINT_SHA256

    path = cache_folder() / "i3d-kinetics-400.ckpt"
    if not path.exists():
        return "no weights yet; the first prediction downloads them (47 MB)", None
    if file_sha256(path) != CHECKPOINT_SHA256:
        return "damaged weights; the next prediction downloads them again (47 MB)", None
    return "the published weights", None


def main():
    every = [check_python, check_packages, check_opencv, check_disk, check_weights]
    checks = [check_python] if "--python" in sys.argv[1:] else every
    for check in checks:
        found, problem = check()
        if problem:
            print("[FAIL] found {}; {}".format(found, problem))
            return 1
        print("[ OK ] {}".format(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
