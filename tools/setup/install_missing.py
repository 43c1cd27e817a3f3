"""Install missing packages that the helpers need. The first cell of each notebook runs this on Colab or Kaggle.

Colab's packages work together, so installed packages are not changed. Those outside the range in requirements.txt are reported.
"""

import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"
# The upload button works with 7.7.1 (on Colab) and 8. JupyterLab needs 8, as in requirements.txt.
WIDGETS = Requirement("ipywidgets>=7.7.1,<9")
# Packages that contain the same module. Installing a second one would overwrite the first.
# Those without contrib lack TV-L1, which only the flow networks need; `helpers` reports that when it is needed.
ALTERNATIVES = {"opencv-contrib-python-headless": ["opencv-contrib-python", "opencv-python-headless", "opencv-python"]}


def needed(text):
    """Return [(requirement, purpose)] of the helpers. Colab does not need the blocks from "# notebooks" on.

    >>> needed("pooch>=1.8,<2   # transfers\\n# notebooks\\njupyterlab>=4.2,<5   # opens them")
    [(<Requirement('pooch<2,>=1.8')>, 'transfers'), (<Requirement('ipywidgets<9,>=7.7.1')>, 'the upload button')]
    """
    lines = [line.partition("#") for line in text.split("# notebooks")[0].splitlines()]
    listed = [(Requirement(requirement), purpose.strip()) for requirement, _, purpose in lines if requirement.strip()]
    return [*listed, (WIDGETS, "the upload button")]


def installed():
    """Return {package: version} of all installed packages. If a package is installed twice, Python imports the first one."""
    found = {}
    for package in metadata.distributions():
        if package.metadata["Name"]:  # a broken installation has no name
            found.setdefault(canonicalize_name(package.metadata["Name"]), package.version)
    return found


def look_up(requirement, here):
    """Return the name and version of the installed package with the required module, or None."""
    names = [requirement.name, *ALTERNATIVES.get(requirement.name, [])]
    return next(((name, here[name]) for name in names if name in here), None)


def install(requirement, here):
    """Install a package and its dependencies with pip, without changing installed packages; return pip's error, or None."""
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "here.txt"
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in here.items()))
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", constraints]
        finished = subprocess.run([*pip, str(requirement)], capture_output=True, text=True)
    return finished.stderr.strip() if finished.returncode else None


def main():
    complete = True
    for requirement, purpose in needed(REQUIREMENTS.read_text(encoding="utf-8")):
        here = installed()
        found = look_up(requirement, here)
        if found is None:
            problem = install(requirement, here)
            complete = complete and problem is None
            print(f"installed {requirement.name}" if problem is None else failure(requirement, purpose, problem))
        elif not requirement.specifier.contains(found[1], prereleases=True):
            print(f"left {' '.join(found)} as it is; the tutorial was tested with {requirement}.")
    return 0 if complete else 1


def failure(requirement, purpose, problem):
    """Return a message about a package that could not be installed."""
    return (
        f"{requirement.name} ({purpose}) could not be installed without changing other packages:\n{problem}\n"
        f"Code that uses it will fail. To change the other packages: %pip install '{requirement}', then restart the session."
    )


if __name__ == "__main__":
    sys.exit(main())
