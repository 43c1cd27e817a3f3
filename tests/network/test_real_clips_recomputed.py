"""A random tenth of the stored logits of real clips, computed again where the clips are."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
from measure_real_clips import acted_clips, found_clips, logits_of, require_hash

from helpers.frame_by_frame import FrameByFrame
from helpers.plumbing.stored_logits import TOLERANCE
from helpers.real_clips import read_clips, read_logits

pytestmark = [pytest.mark.network, pytest.mark.long]


@pytest.fixture(scope="module")
def here():
    """Paths and descriptions of the clips in the folders that REAL_CLIPS and REAL_ACTIONS name."""
    folders = {"REAL_CLIPS": found_clips, "REAL_ACTIONS": acted_clips}
    found = [clip for name, read in folders.items() if os.environ.get(name) for clip in read(Path(os.environ[name]))]
    if not found:
        pytest.skip("neither REAL_CLIPS nor REAL_ACTIONS names a folder of real clips, so no stored logits are computed again")
    for path, clip in found:
        require_hash(path, clip)
    return found


def test_the_stored_descriptions_are_those_of_the_manifests(here):
    sources = {clip.source for _, clip in here}
    assert [clip for _, clip in here] == [clip for clip in read_clips() if clip.source in sources]


def test_a_random_tenth_is_what_the_network_returns(here, model):
    stored = read_logits()
    assert str(stored["fingerprint"]) == model.fingerprint
    titles, hashes, frame_by_frame = stored["titles"].tolist(), stored["sha256"].tolist(), FrameByFrame()
    pairs = [(i, title) for i in range(len(here)) for title in titles]
    chosen = random.sample(pairs, len(pairs) // 10)
    for i in sorted({i for i, _ in chosen}):
        path, clip = here[i]
        computed = logits_of(path, model, frame_by_frame, [title for j, title in chosen if j == i])
        for title, logits in computed.items():
            known = stored["logits"][titles.index(title), hashes.index(clip.sha256)].astype(np.float32)
            difference = np.abs(known - logits).max()
            assert difference < TOLERANCE, (
                f"{clip.name}, {title}: differs by {difference:.3f}; measure again with make real-clips"
            )
