"""The commands `python -m helpers` and `python -m tools.setup.check`."""

import pytest

from tests.support.command_line import run

CARTWHEEL = "samples/v_Cartwheel_g01_c01.avi"


def test_importing_the_helpers_does_not_import_slow_libraries():
    slow = ["tensorflow", "keras", "matplotlib", "wordcloud", "PIL", "IPython", "sklearn", "scipy"]
    slow += ["requests", "urllib3", "cryptography", "aia_chaser", "pooch"]
    finished = run("-c", f"import helpers, sys; print([name for name in {slow} if name in sys.modules])")
    assert finished.stdout == "[]\n"


def test_help_describes_the_command():
    finished = run("-m", "helpers", "--help")
    assert finished.returncode == 0
    assert "Kinetics-400" in finished.stdout and "--top" in finished.stdout


@pytest.mark.parametrize(
    "rate, reason",
    [("0", "fps must be more than 0 and at most 1000 frames per second, not 0.0"), ("fast", "invalid rate value: 'fast'")],
)
def test_a_bad_rate_is_an_error(rate, reason):
    finished = run("-m", "helpers", CARTWHEEL, "--fps", rate)
    assert finished.returncode == 2
    assert reason in finished.stderr


def test_less_than_one_action_a_clip_is_an_error():
    finished = run("-m", "helpers", CARTWHEEL, "--top", "-1")
    assert finished.returncode == 2
    assert "--top must be at least 1, not -1" in finished.stderr


@pytest.mark.parametrize("name, reason", [("nowhere.avi", "No such file"), ("README.md", "is not a video")])
def test_a_bad_file_is_one_line_of_error_and_exit_code_2(name, reason):
    finished = run("-m", "helpers", name)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert len(finished.stderr.splitlines()) == 1
    assert name in finished.stderr and reason in finished.stderr


def test_the_check_prints_one_line_for_each_requirement():
    finished = run("-m", "tools.setup.check")
    assert finished.returncode == 0
    assert [line[:6] for line in finished.stdout.splitlines()] == ["[ OK ]"] * 4


def test_a_failed_check_prints_what_was_found_and_expected_and_what_to_run():
    finished = run("-S", "-m", "tools.setup.check")  # -S: without the installed packages
    assert finished.returncode == 1
    last = finished.stdout.splitlines()[-1]
    assert last.startswith("[FAIL] found no tensorflow, ")
    assert last.endswith("; expected the packages of requirements.txt. Run: python -m pip install -r requirements.txt")
