"""What a person meets in a terminal."""

import pytest

from tests.support import TOP
from tests.support.clocks import write_clock
from tests.support.command_line import run

CARTWHEEL = "samples/v_Cartwheel_g01_c01.avi"


def test_it_names_the_action():
    finished = run("-m", "helpers", CARTWHEEL, "--top", "2")
    assert finished.returncode == 0
    assert finished.stderr == ""
    title, first, *_ = finished.stdout.strip().splitlines()
    assert title.startswith("v_Cartwheel_g01_c01.avi: 64 frames in")
    assert "cartwheeling" in first and "█" in first


@pytest.mark.parametrize("options, frames", [([], 25), (["--fps", "10"], 10), (["--fps", "file"], 50)])
def test_the_frame_rate_can_be_chosen(options, frames, tmp_path):
    finished = run("-m", "helpers", write_clock(tmp_path / "clock.mkv", 50, 50), *options)
    assert f"clock.mkv: {frames} frames in" in finished.stdout


def test_a_file_that_is_cut_short_is_recognized_with_one_line_of_warning(tmp_path):
    clip = (TOP / CARTWHEEL).read_bytes()
    (tmp_path / "cut.avi").write_bytes(clip[: len(clip) // 2])
    finished = run("-m", "helpers", tmp_path / "cut.avi")
    assert finished.returncode == 0
    (warning,) = finished.stderr.splitlines()
    assert warning.startswith("python -m helpers: ") and warning.endswith("could be read: is it complete?")
