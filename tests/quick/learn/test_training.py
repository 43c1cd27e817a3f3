"""Features of the clips to train on: interrupted, and left out with the reason."""

import pytest

from helpers.clips.actions import readable
from helpers.clips.folders import Clip
from helpers.learn.training import describe
from tests.support import TOP
from tests.support.clock_videos import write_clock
from tests.support.learning import stand_in

SAMPLE = TOP / "samples" / "v_Jump_g01_c01.avi"


def clip_of(path):
    return Clip(path.name, "jump", "", str(path.parent))


def test_an_interrupted_run_goes_on(cache):
    clips = [clip_of(TOP / "samples" / f"v_Jump_g0{i}_c01.avi") for i in (1, 2, 3)]
    model = stand_in("one", stop_at=4)
    with pytest.raises(KeyboardInterrupt):
        describe(model, clips, {})
    assert list(describe(model, clips, {})) == clips
    assert model.calls == 4 + 4, "the first clip was cached before the interruption, which cost one call of the second"


def test_a_clip_that_cannot_be_read_is_left_out_with_the_reason(cache, tmp_path):
    bad = tmp_path / "bad.avi"
    bad.write_bytes(b"not a video")
    left_out = {}
    clips = [clip_of(SAMPLE), clip_of(bad), clip_of(tmp_path / "gone.avi")]
    assert [clip.path for clip in readable(clips, left_out)] == [SAMPLE]
    assert "is not a video" in left_out[bad] and "No such file" in left_out[tmp_path / "gone.avi"]
    assert list(describe(stand_in("one"), clips, found := {})) == clips[:1] and list(found) == list(left_out)


def test_a_clip_that_the_model_could_not_predict_is_left_out(cache, tmp_path, recwarn):
    short = write_clock(tmp_path / "short.mkv", 25, 25)
    left_out = {}
    describe(stand_in("one"), [clip_of(short)], left_out)
    assert left_out == {short: "it has 5 frames, but stand-in needs at least 9: use a longer clip"} and not list(recwarn)
