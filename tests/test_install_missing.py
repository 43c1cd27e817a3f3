"""What is installed on Colab, and what is left alone; that it works there is shown in test_colab.py."""

import install_missing
import pytest
from conftest import TOP
from install_missing import installed, look_up, needed
from packaging.requirements import Requirement
from test_requirements import PACKAGES, imports, requirements, sources


def test_it_looks_at_all_that_helpers_and_notebooks_import():
    names = {requirement.name for requirement, _ in needed((TOP / "requirements.txt").read_text(encoding="utf-8"))}
    imported = {name for path, source in sources() if path.parent.name in ("helpers", "notebooks") for name in imports(source)}
    notebook_server = {"jupyterlab", "ipywidgets"}  # Colab is one
    assert {PACKAGES.get(name, name) for name in imported} & set(requirements()) - notebook_server <= names
    assert not names & {"jupyterlab", "pytest", "nbval"}


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
