"""The command `python -m helpers`."""

import shutil

import pytest

from tests.support import TOP
from tests.support.clock_videos import write_clock
from tests.support.command_line import run

CARTWHEEL = "samples/v_Cartwheel_g01_c01.avi"


def test_the_top_1_action_of_a_cartwheel_is_cartwheeling():
    finished = run("-m", "helpers", CARTWHEEL, "--top", "2")
    assert finished.returncode == 0
    assert finished.stderr == ""
    title, first, *_ = finished.stdout.strip().splitlines()
    assert title.startswith(f"{CARTWHEEL}: 64 frames in")
    assert "cartwheeling" in first and "█" in first


def test_sample_predictions_are_checked_and_unknown_actions_come_last(tmp_path):
    own = shutil.copy(TOP / CARTWHEEL, tmp_path / "own.avi")
    clips = ["samples/v_Crawl_g01_c01.avi", CARTWHEEL, "samples/v_Cartwheel_g02_c01.avi", own]
    known, unknown = run("-m", "helpers", *clips, "--top", "1").stdout.split("Actions that are not among those of the model\n")
    assert "correct: the action is 'cartwheeling', one of the 400" in known
    verdicts = [line.split(":")[0].strip() for line in known.splitlines() if "the action is" in line]
    assert set(verdicts) <= {"correct", "wrong"} and len(verdicts) == 2, "no verdict for a video whose action is unknown"
    assert f"is correct for {verdicts.count('correct')} of 2 known actions" in known
    assert "own.avi: 64 frames in" in known
    assert unknown.startswith("No prediction can be correct here")
    assert "v_Crawl_g01_c01.avi: 64 frames in" in unknown and "the action is" not in unknown


@pytest.mark.parametrize("options, frames", [([], 25), (["--fps", "10"], 10), (["--fps", "file"], 50)])
def test_the_frame_rate_can_be_chosen(options, frames, tmp_path):
    finished = run("-m", "helpers", write_clock(tmp_path / "clock.mkv", 50, 50), *options)
    assert f"clock.mkv: {frames} frames in" in finished.stdout


def test_a_truncated_file_gets_a_prediction_and_one_line_of_warning(tmp_path):
    clip = (TOP / CARTWHEEL).read_bytes()
    (tmp_path / "truncated.avi").write_bytes(clip[: len(clip) // 2])
    finished = run("-m", "helpers", tmp_path / "truncated.avi")
    assert finished.returncode == 0
    (warning,) = finished.stderr.splitlines()
    assert warning.startswith("python -m helpers: ") and warning.endswith("could be read. Is it complete?")
