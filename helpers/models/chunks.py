"""Overlapping chunks of a long video.

Each chunk includes the neighboring frames within I3D's receptive field, so the logits do not depend on the chunk boundaries.
"""

from collections.abc import Iterable, Iterator

import numpy as np

STEP = 8  # frames from one prediction to the next: three temporal strides of 2
LEFT_CONTEXT, RIGHT_CONTEXT = 48, 56  # frames, from I3D's receptive field of 107 frames
LEFT_FIELD, RIGHT_FIELD = 44, 47  # the frames of that field before and after the 2 * STEP frames of a prediction
CHUNK_FRAMES = 384  # without context, a multiple of STEP; longer chunks recompute less context, shorter chunks need less memory


def split(
    frames: Iterable[np.ndarray], overlap: int = 0, chunk_frames: int = CHUNK_FRAMES
) -> Iterator[tuple[np.ndarray, int, int]]:
    """Split a stream of frames, uint8 `[H, W, 3]` each, into chunks that overlap by their context.

    Yields the frames of a chunk with its context, uint8 `[T, H, W, 3]`; the index of the first prediction that belongs to the
    chunk and not to its context; and the number of these predictions. The first `overlap` frames already have predictions.
    """
    held: list[np.ndarray] = []
    for frame in frames:
        held.append(frame)
        if len(held) == overlap + chunk_frames + RIGHT_CONTEXT:
            yield np.stack(held), overlap // STEP, chunk_frames // STEP
            predicted = overlap + chunk_frames
            overlap = min(LEFT_CONTEXT, predicted)  # there is less to the left of the second chunk if the first one is short
            del held[: predicted - overlap]
    rest = len(held) // STEP - 1 - overlap // STEP
    if rest > 0:
        yield np.stack(held[: len(held) // STEP * STEP]), overlap // STEP, rest
