"""What a person meets in a terminal."""

import pytest

from tests.support.command_line import run

CARTWHEEL = "samples/v_Cartwheel_g01_c01.avi"


def test_importing_the_helpers_leaves_the_slow_libraries_alone():
    slow = ["tensorflow", "keras", "matplotlib", "wordcloud", "PIL", "IPython"]
    slow += ["requests", "urllib3", "cryptography", "aia_chaser", "pooch"]
    finished = run("-c", f"import helpers, sys; print([name for name in {slow} if name in sys.modules])")
    assert finished.stdout == "[]\n"


def test_help_says_what_it_does():
    finished = run("-m", "helpers", "--help")
    assert finished.returncode == 0
    assert "Kinetics-400" in finished.stdout and "--top" in finished.stdout


@pytest.mark.parametrize("rate, reason", [("0", "fps is 0.0: needed frames per second"), ("fast", "invalid rate value: 'fast'")])
def test_a_rate_is_a_number_of_frames_per_second(rate, reason):
    finished = run("-m", "helpers", CARTWHEEL, "--fps", rate)
    assert finished.returncode == 2
    assert reason in finished.stderr


@pytest.mark.parametrize("name, reason", [("nowhere.avi", "No such file"), ("README.md", "is not a video")])
def test_a_bad_file_is_one_line_and_exit_code_2(name, reason):
    finished = run("-m", "helpers", name)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert len(finished.stderr.splitlines()) == 1
    assert name in finished.stderr and reason in finished.stderr


def test_the_start_check_has_one_line_for_each_need():
    finished = run("-m", "tools.setup.check")
    assert finished.returncode == 0
    assert [line[:6] for line in finished.stdout.splitlines()] == ["[ OK ]"] * 4


def test_the_start_check_says_found_need_run(tmp_path):
    (tmp_path / "tensorflow.py").touch()
    finished = run("-S", "-m", "tools.setup.check")  # -S: without the installed packages
    assert finished.returncode == 1
    assert finished.stdout.splitlines()[-1].startswith("[FAIL] found no tensorflow, ")
    assert "need requirements.txt, run: python -m pip install -r requirements.txt" in finished.stdout
