"""What a person meets in a terminal."""

import os
import shutil
import subprocess
import sys

import pytest
from clocks import write_clock
from conftest import TOP

CARTWHEEL = "samples/v_Cartwheel_g01_c01.avi"


def run(*arguments, **variables):
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=TOP,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **variables},
    )


def test_importing_the_helpers_leaves_the_slow_libraries_alone():
    slow = ["tensorflow", "keras", "matplotlib", "wordcloud", "PIL", "IPython"]
    slow += ["requests", "urllib3", "cryptography", "aia_chaser", "pooch"]
    finished = run("-c", f"import helpers, sys; print([name for name in {slow} if name in sys.modules])")
    assert finished.stdout == "[]\n"


def test_help_says_what_it_does():
    finished = run("-m", "helpers", "--help")
    assert finished.returncode == 0
    assert "Kinetics-400" in finished.stdout and "--top" in finished.stdout


@pytest.mark.network
def test_it_names_the_action():
    finished = run("-m", "helpers", CARTWHEEL, "--top", "2")
    assert finished.returncode == 0
    assert finished.stderr == ""
    title, first, *_ = finished.stdout.strip().splitlines()
    assert title.startswith("v_Cartwheel_g01_c01.avi: 64 frames in")
    assert "cartwheeling" in first and "█" in first


@pytest.mark.network
def test_it_says_whether_a_sample_is_correct_and_sets_unknown_actions_apart(tmp_path):
    own = shutil.copy(TOP / CARTWHEEL, tmp_path / "own.avi")
    finished = run(
        "-m", "helpers", "samples/v_Crawl_g01_c01.avi", CARTWHEEL, "samples/v_Cartwheel_g02_c01.avi", own, "--top", "1"
    )
    known, unknown = finished.stdout.split("Actions that are not among the 400\n")
    assert "correct: the action is 'cartwheeling', one of the 400" in known
    verdicts = [line.split(":")[0].strip() for line in known.splitlines() if "the action is" in line]
    assert set(verdicts) <= {"correct", "wrong"} and len(verdicts) == 2, "nothing is said of a video whose action is not known"
    assert f"is correct for {verdicts.count('correct')} of 2 known actions" in known
    assert "own.avi: 64 frames in" in known
    assert unknown.startswith("No prediction can be correct here")
    assert "v_Crawl_g01_c01.avi: 64 frames in" in unknown and "the action is" not in unknown


@pytest.mark.network
@pytest.mark.parametrize("options, frames", [([], 25), (["--fps", "10"], 10), (["--fps", "file"], 50)])
def test_the_frame_rate_can_be_chosen(options, frames, tmp_path):
    finished = run("-m", "helpers", write_clock(tmp_path / "clock.mkv", 50, 50), *options)
    assert f"clock.mkv: {frames} frames in" in finished.stdout


@pytest.mark.parametrize("rate, reason", [("0", "fps is 0.0: needed frames per second"), ("fast", "invalid rate value: 'fast'")])
def test_a_rate_is_a_number_of_frames_per_second(rate, reason):
    finished = run("-m", "helpers", CARTWHEEL, "--fps", rate)
    assert finished.returncode == 2
    assert reason in finished.stderr


@pytest.mark.network
def test_a_file_that_is_cut_short_is_recognized_with_one_line_of_warning(tmp_path):
    clip = (TOP / CARTWHEEL).read_bytes()
    (tmp_path / "cut.avi").write_bytes(clip[: len(clip) // 2])
    finished = run("-m", "helpers", tmp_path / "cut.avi")
    assert finished.returncode == 0
    (warning,) = finished.stderr.splitlines()
    assert warning.startswith("python -m helpers: ") and warning.endswith("could be read: is it complete?")


@pytest.mark.parametrize("name, reason", [("nowhere.avi", "No such file"), ("README.md", "is not a video")])
def test_a_bad_file_is_one_line_and_exit_code_2(name, reason):
    finished = run("-m", "helpers", name)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert len(finished.stderr.splitlines()) == 1
    assert name in finished.stderr and reason in finished.stderr


def test_the_start_check_has_one_line_for_each_need():
    finished = run("tools/check.py")
    assert finished.returncode == 0
    assert [line[:6] for line in finished.stdout.splitlines()] == ["[ OK ]"] * 4


def test_the_start_check_says_found_need_run(tmp_path):
    (tmp_path / "tensorflow.py").touch()
    finished = run("-S", "tools/check.py")  # -S: without the installed packages
    assert finished.returncode == 1
    assert finished.stdout.splitlines()[-1].startswith("[FAIL] found no tensorflow, ")
    assert "need requirements.txt, run: python -m pip install -r requirements.txt" in finished.stdout
