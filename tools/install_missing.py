"""Install what the helpers need and this Python lacks; change nothing that is here. The first cell runs it on Colab.

Colab's packages are made to fit one another. Where one of them is outside the range of requirements.txt, that is said, not changed.
"""

import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"
# Packages that bring the same module: a second one would overwrite the first.
SAME = {"opencv-python-headless": ["opencv-python", "opencv-contrib-python"]}


def needed(text):
    """Return [(requirement, what it is for)] of the helpers. Notebooks are opened by Colab, and tested elsewhere.

    >>> needed("pooch>=1.8,<2   # transfers\\n# notebooks\\njupyterlab>=4.2,<5   # opens them")
    [(<Requirement('pooch<2,>=1.8')>, 'transfers')]
    """
    lines = [line.partition("#") for line in text.split("# notebooks")[0].splitlines()]
    return [(Requirement(requirement), purpose.strip()) for requirement, _, purpose in lines if requirement.strip()]


def installed():
    """Return {package: version} of all that is here. Of two with the same name the first on the path counts, as in an import."""
    found = {}
    for package in metadata.distributions():
        if package.metadata["Name"]:  # a broken installation has none
            found.setdefault(canonicalize_name(package.metadata["Name"]), package.version)
    return found


def look_up(requirement, here):
    """Return the name and version of what fulfils the requirement, or may; None where there is nothing."""
    names = [requirement.name, *SAME.get(requirement.name, [])]
    return next(((name, here[name]) for name in names if name in here), None)


def install(requirement, here):
    """Have pip install a package and what it needs in turn, without touching what is here; return what pip says against it."""
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
            print(f"installed {requirement.name}" if problem is None else refusal(requirement, purpose, problem))
        elif not requirement.specifier.contains(found[1], prereleases=True):
            print(f"left {' '.join(found)} as it is; the tutorial was tested with {requirement}. If it fails here, try it elsewhere.")
    return 0 if complete else 1


def refusal(requirement, purpose, problem):
    return (
        f"{requirement.name} is missing ({purpose}), and could not be installed beside what is here:\n{problem}\n"
        f"What needs it will fail. To change what is here for it: %pip install '{requirement}', then restart the session."
    )


if __name__ == "__main__":
    sys.exit(main())
