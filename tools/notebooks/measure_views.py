"""Measure I3D on 30 views of each real clip, and store its logits in samples/: make views REAL_CLIPS=folder

The clips are those in the folder whose action is among the 400 of Kinetics. The logits of each clip are kept in build/views/
until all are stored, so that a measurement that was interrupted goes on with the next clip.
"""

import datetime
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from helpers import load_i3d
from helpers.basics.files import replacing
from helpers.measure.stored_logits import StoredLogits
from helpers.measure.views import CLIPS, CROPS, FILE, iterate_views, write_file
from helpers.video.preprocessing import I3D_VALUE_RANGE
from tools.notebooks.measure_real_clips import clips_folder, found_clips, processor, require_hash

PARTIAL = Path(__file__).parents[2] / "build" / "views"


def logits_of(path: Path, i3d: Callable) -> np.ndarray:
    """Compute the logits of all views of a clip, float32 `[CLIPS, CROPS, 400]`; equal views are computed once."""
    computed = StoredLogits()
    logits = [computed.get(i3d, view, I3D_VALUE_RANGE) for view in iterate_views(path, CLIPS, CROPS)]
    return np.reshape(logits, (CLIPS, CROPS, -1))


def measure(path: Path, partial: Path, i3d: Callable) -> np.ndarray:
    """Return `logits_of` a clip from a file of an interrupted measurement; if there is none, compute them and write it."""
    if not partial.exists():
        partial.parent.mkdir(parents=True, exist_ok=True)
        logits = logits_of(path, i3d)
        with replacing(partial) as part:
            np.save(part, logits)
    return np.load(partial)


def main() -> None:
    folder = clips_folder(__doc__)
    clips, i3d = list(found_clips(folder)), load_i3d()
    for path, clip in clips:
        require_hash(path, clip)
    start, logits, partial = time.perf_counter(), [], []
    for path, clip in clips:
        partial.append(PARTIAL / f"{i3d.fingerprint}-{clip.sha256}.npy")
        logits.append(measure(path, partial[-1], i3d))
        print(f"{len(logits)} of {len(clips)} clips, {time.perf_counter() - start:.0f} s: {clip.name}", flush=True)
    write_file(
        np.array(logits),
        sha256=[clip.sha256 for _, clip in clips],
        fingerprint=i3d.fingerprint,
        date=datetime.date.today().isoformat(),
        processor=f"{processor()}, {os.cpu_count()} cores",
    )
    for file in partial:
        file.unlink()
    print(f"{len(clips)} clips: {FILE.name} ({FILE.stat().st_size / 1e3:.0f} kB)")


if __name__ == "__main__":
    main()
