"""The measurement of real clips; if the clips are available, a random fortieth of the logits is recomputed."""

import os
import random
from pathlib import Path

import cv2
import numpy as np
import pytest

from helpers import read_video, samples
from helpers.measure.real_clips import read_clips, read_logits
from helpers.measure.stored_logits import TOLERANCE
from helpers.models.i3d.frame_by_frame import FrameByFrame
from tools.notebooks.measure_real_clips import acted_clips, found_clips, logits_of, perturb, read_middle, require_hash


@pytest.fixture(scope="module")
def here():
    """Paths and descriptions of the clips in the folders that REAL_CLIPS and REAL_ACTIONS name."""
    folders = {"REAL_CLIPS": found_clips, "REAL_ACTIONS": acted_clips}
    found = [clip for name, read in folders.items() if os.environ.get(name) for clip in read(Path(os.environ[name]))]
    if not found:
        pytest.skip("neither REAL_CLIPS nor REAL_ACTIONS names a folder of real clips, so no stored logits are recomputed")
    for path, clip in found:
        require_hash(path, clip)
    return found


def test_the_conditions_match_the_stored_ones():
    frames, conditions = read_video(samples["v_Cartwheel_g01_c01.avi"]), perturb(samples["v_Cartwheel_g01_c01.avi"])
    assert list(conditions) == read_logits()["titles"].tolist()
    assert {len(perturbed) for perturbed, _ in conditions.values()} == {len(frames)} == {64}
    for title in ("unchanged", "file's frame rate", "values in [0, 1]"):
        np.testing.assert_array_equal(conditions[title][0], frames)
    assert {title for title, (_, value_range) in conditions.items() if value_range == (0, 1)} == {"values in [0, 1]", "both"}
    assert (conditions["frozen"][0] == frames[32]).all()
    np.testing.assert_array_equal(conditions["twice as fast"][0], np.concatenate([frames[::2], frames[::2]]))
    assert sorted(map(hash, map(bytes, conditions["shuffled"][0]))) == sorted(map(hash, map(bytes, frames)))


def test_without_resampling_a_clip_covers_the_same_seconds(tmp_path):
    """A clip at 30 frames per second whose frame number is its brightness."""
    writer = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 30, (64, 64))
    for i in range(120):
        writer.write(np.full((64, 64, 3), 2 * i, np.uint8))
    writer.release()
    resampled, original = (perturb(tmp_path / "clip.avi")[title][0] for title in ("unchanged", "file's frame rate"))
    assert (len(read_middle(tmp_path / "clip.avi")), len(resampled), len(original)) == (64, 64, 77)
    for end in (0, -1):
        assert abs(resampled[end].mean() - original[end].mean()) < 4, "two frames"


def test_the_stored_descriptions_match_the_manifests(here):
    sources = {clip.source for _, clip in here}
    assert [clip for _, clip in here] == [clip for clip in read_clips() if clip.source in sources]


@pytest.mark.long
def test_a_random_fortieth_of_the_logits_is_reproduced(here, model):
    stored = read_logits()
    assert str(stored["fingerprint"]) == model.fingerprint
    titles, hashes, frame_by_frame = stored["titles"].tolist(), stored["sha256"].tolist(), FrameByFrame()
    pairs = [(i, title) for i in range(len(here)) for title in titles]
    chosen = random.sample(pairs, len(pairs) // 40)
    for i in sorted({i for i, _ in chosen}):
        path, clip = here[i]
        computed = logits_of(path, model, frame_by_frame, [title for j, title in chosen if j == i])
        for title, logits in computed.items():
            known = stored["logits"][titles.index(title), hashes.index(clip.sha256)].astype(np.float32)
            difference = np.abs(known - logits).max()
            assert difference < TOLERANCE, (
                f"{clip.name}, {title}: differs by {difference:.3f}; repeat the measurement with make real-clips"
            )
