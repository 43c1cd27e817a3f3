"""Compare optical flow with that of I3D's authors, on the clip of their example, and its two methods with each other."""

import os
from pathlib import Path

import numpy as np

from benchmarks.measuring import in_turn, row
from helpers.video.optical_flow import iterate_flow
from helpers.video.reading import iterate_frames
from tests.support.authors_flow import CLIP, agreement, authors_flow


def rows_of_flow():
    """Yield lines for RESULTS.md; none without real clips and the authors' animation."""
    real_clips = Path(os.environ.get("REAL_CLIPS", ""))
    try:
        authors = authors_flow(real_clips)
    except FileNotFoundError as error:
        print(f"optical flow: {error}", flush=True)
        return
    frames, found = list(iterate_frames(real_clips / f"{CLIP}.avi", 25.0)), {}

    def compute(method):
        found[method] = np.array(list(iterate_flow(frames, method)))

    times = in_turn(1, tvl1=lambda: compute("tvl1"), dis=lambda: compute("dis"))  # once, because TV-L1 takes a minute
    yield row(f"optical flow of {len(authors)} pairs: DIS, vs. TV-L1", times["dis"], times["tvl1"], 0.1)
    for method, least in (("tvl1", "at least 0.90"), ("dis", "for comparison")):
        correlation, error = agreement(found[method], authors)
        line = f"Flow by {method}, beside the authors': correlation {correlation:.3f} ({least}), mean error {error:.3f} pixels."
        print(line, flush=True)
        yield line
