"""What is installed on Colab, and what is left as it is; test_colab.py runs it with Colab's packages."""

import pytest
from packaging.requirements import Requirement

from tests.support import TOP
from tests.support.environments import colab_packages
from tests.support.requirements import PACKAGES, imports, requirements, sources
from tools.setup import install_missing
from tools.setup.install_missing import installed, look_up, needed


def helpers_need():
    return [requirement for requirement, _ in needed((TOP / "requirements.txt").read_text(encoding="utf-8"))]


def test_it_looks_at_all_that_helpers_and_notebooks_import():
    names = {requirement.name for requirement in helpers_need()}
    folders = ("helpers", "notebooks")
    imported = {name for path, source in sources() if path.relative_to(TOP).parts[0] in folders for name in imports(source)}
    assert {PACKAGES.get(name, name) for name in imported} & set(requirements()) - {"jupyterlab"} <= names
    assert not names & {"jupyterlab", "pytest", "nbval"}


def test_colab_lacks_two_packages_and_its_versions_are_in_range():
    """If this fails after a change of requirements.txt: does Colab have the package, and in this range?"""
    versions = colab_packages()
    found = {requirement: look_up(requirement, versions) for requirement in helpers_need()}
    assert [requirement.name for requirement in found if not found[requirement]] == ["ai-edge-litert", "aia-chaser"]
    outside = [(requirement, *here) for requirement, here in found.items() if here and here[1] not in requirement.specifier]
    assert not outside


def test_another_package_with_the_same_module_will_do():
    opencv = Requirement("opencv-python-headless>=4.10,<6")
    assert look_up(opencv, {"opencv-python": "4.12.0"}) == ("opencv-python", "4.12.0")
    assert look_up(opencv, {"numpy": "2.0.0"}) is None


def test_where_nothing_is_missing_nothing_is_installed(monkeypatch, capsys):
    monkeypatch.setattr(install_missing, "install", lambda requirement, here: pytest.fail(f"{requirement} is here"))
    assert install_missing.main() == 0


def test_what_is_outside_its_range_is_said_and_left(monkeypatch, capsys):
    monkeypatch.setattr(install_missing, "installed", lambda: {**installed(), "numpy": "1.0"})
    assert install_missing.main() == 0
    assert "left numpy 1.0 as it is; the tutorial was tested with numpy<3,>=2.0" in capsys.readouterr().out
