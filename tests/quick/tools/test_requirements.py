"""requirements.txt lists every import, and environment.yml lists the same packages."""

import re
import sys

from tests.support import TOP
from tests.support.requirements import PACKAGES, imports, requirements, sources


def declared_for(path):
    """Return the packages that a file may import: the tutorial's, and those in the requirements file of its folder."""
    if path == TOP / "tools" / "render" / "samples.py":
        return requirements("tools/render/requirements.txt").keys()
    extra = requirements("benchmarks/requirements.txt") if path.parent.name == "benchmarks" else {}
    return requirements().keys() | extra.keys()


def test_every_import_is_declared():
    own = {"helpers", "tests", "tools", "benchmarks", "google"}
    for path, source in sources():
        external = set(imports(source)) - set(sys.stdlib_module_names) - own
        missing = {name for name in external if PACKAGES.get(name, name) not in declared_for(path)}
        assert not missing, f"{path.name} imports packages that are not in its requirements"


def test_every_requirement_has_its_purpose_in_a_comment():
    for line in (TOP / "requirements.txt").read_text(encoding="utf-8").splitlines():
        assert not line or line.startswith("#") or re.fullmatch(r"[\w-]+[<>=,.\d]+ +# .{5,}", line), line


def test_conda_installs_the_same_packages():
    text = (TOP / "environment.yml").read_text(encoding="utf-8")
    packages = dict(re.findall(r"^ *- ([\w-]+)([<>=][^\s#]*)", text, flags=re.M))
    del packages["python"]  # see test_workflows.py
    assert packages == requirements()
