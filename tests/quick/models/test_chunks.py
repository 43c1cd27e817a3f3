"""Overlapping chunks of a long video."""

import numpy as np
import pytest

from helpers.models.chunks import LEFT_CONTEXT, RIGHT_CONTEXT, split


@pytest.mark.parametrize("count", [15, 16, 17, 64, 200, 1000, 1001])
@pytest.mark.parametrize("chunk_frames", [8, 40, 64, 384])
def test_chunks_are_small_and_cover_each_prediction_once(count, chunk_frames):
    frames = (np.full((1, 1, 1), i, np.int32) for i in range(count))
    starts = []
    for chunk, first, predictions in split(frames, chunk_frames=chunk_frames):
        assert len(chunk) <= LEFT_CONTEXT + chunk_frames + RIGHT_CONTEXT
        assert len(chunk) % 8 == 0
        assert chunk[0, 0, 0, 0] == max(0, chunk[first * 8, 0, 0, 0] - LEFT_CONTEXT), "all that the first prediction depends on"
        starts += [int(chunk[(first + i) * 8, 0, 0, 0]) for i in range(predictions)]
    assert starts == list(range(0, max(0, count // 8 - 1) * 8, 8))
