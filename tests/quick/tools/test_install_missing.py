"""What is installed on Colab; environments/test_colab.py runs the installation with Colab's packages."""

import pytest
from packaging.requirements import Requirement

from tests.support import TOP
from tests.support.environments import colab_packages
from tests.support.requirements import PACKAGES, imports, requirements, sources
from tools.setup import install_missing
from tools.setup.install_missing import installed, look_up, needed


def helpers_need():
    return [requirement for requirement, _ in needed((TOP / "requirements.txt").read_text(encoding="utf-8"))]


def test_everything_that_helpers_and_notebooks_import_is_checked():
    names = {requirement.name for requirement in helpers_need()}
    folders = ("helpers", "notebooks")
    imported = {name for path, source in sources() if path.relative_to(TOP).parts[0] in folders for name in imports(source)}
    assert {PACKAGES.get(name, name) for name in imported} & set(requirements()) - {"jupyterlab"} <= names
    assert not names & {"jupyterlab", "pytest", "nbval"}


def test_colab_lacks_four_packages_and_its_versions_are_in_range():
    """If this fails after a change of requirements.txt, check which version of the package Colab has."""
    versions = colab_packages()
    found = {requirement: look_up(requirement, versions) for requirement in helpers_need()}
    assert [requirement.name for requirement in found if not found[requirement]] == [
        "ai-edge-litert",
        "av",
        "distributed",
        "aia-chaser",
    ]
    assert not [package for requirement, package in found.items() if package and package[1] not in requirement.specifier]


def test_another_package_with_the_same_module_is_accepted():
    opencv = Requirement("opencv-contrib-python-headless>=4.10,<6")
    both = {"opencv-python": "4.12.0", "opencv-contrib-python": "4.14.0"}
    assert look_up(opencv, both) == ("opencv-contrib-python", "4.14.0")
    assert look_up(opencv, {"opencv-python": "4.12.0"}) == ("opencv-python", "4.12.0")
    assert look_up(opencv, {"numpy": "2.0.0"}) is None


def test_if_nothing_is_missing_nothing_is_installed(monkeypatch):
    monkeypatch.setattr(install_missing, "install", lambda requirement, _: pytest.fail(f"{requirement} is not missing"))
    assert install_missing.main() == 0


def test_a_package_outside_its_range_is_reported_and_not_changed(monkeypatch, capsys):
    monkeypatch.setattr(install_missing, "installed", lambda: {**installed(), "numpy": "1.0"})
    assert install_missing.main() == 0
    assert "left numpy 1.0 as it is; the tutorial was tested with numpy<3,>=2.0" in capsys.readouterr().out
