"""What is said to be needed: the same in both files, and all that is imported."""

import re
import sys

from tests.support import TOP
from tests.support.requirements import PACKAGES, imports, requirements, sources


def declared_for(path):
    """Return the packages that a file may import: those of the tutorial, and those of its own list of requirements."""
    if path == TOP / "tools" / "render" / "samples.py":
        return requirements("tools/render/requirements.txt").keys()
    more = requirements("benchmarks/requirements.txt") if path.parent.name == "benchmarks" else {}
    return requirements().keys() | more.keys()


def test_every_import_is_declared():
    own = {"helpers", "tests", "tools", "benchmarks", "google"}
    for path, source in sources():
        foreign = set(imports(source)) - set(sys.stdlib_module_names) - own
        missing = {name for name in foreign if PACKAGES.get(name, name) not in declared_for(path)}
        assert not missing, f"{path.name} imports what no file of requirements names"


def test_every_line_says_what_needs_it():
    for line in (TOP / "requirements.txt").read_text(encoding="utf-8").splitlines():
        assert not line or line.startswith("#") or re.fullmatch(r"[\w-]+[<>=,.\d]+ +# .{5,}", line), line


def test_conda_gets_the_same():
    text = (TOP / "environment.yml").read_text(encoding="utf-8")
    packages = dict(re.findall(r"^ *- ([\w-]+)([<>=][^\s#]*)", text, flags=re.M))
    assert packages.pop("python") == ">=3.10,<3.14"
    assert packages == requirements()
