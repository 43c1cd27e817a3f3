"""Store what a network for images sees in single frames of the clips: python -m tools.notebooks.measure_images FOLDER

FOLDER is the one that REAL_CLIPS names. The clips: all in it whose action is among the 400 of Kinetics, and all rendered samples.
None was left out because of its prediction. Writes samples/image_clips.tsv.
"""

import datetime
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from helpers import load_image_network, samples
from helpers.basics.cache import file_sha256
from helpers.measure.image_clips import FILE, ImageClip, write_clips
from helpers.models.imagenet.loading import ImageNetwork
from helpers.models.kinetics import SAMPLE_LABELS
from helpers.predictions.prediction import predict
from tools.notebooks.measure_learning import IMAGE_COUNT, evenly_spaced
from tools.notebooks.measure_real_clips import clips_folder, found_clips, processor, read_middle, require_hash


def top_of(network: ImageNetwork, frames: np.ndarray) -> tuple[str, float]:
    """Return the most probable class of the mean probabilities of frames, and its probability."""
    return predict(network, network.labels, frames).top[0]


def measured(network: ImageNetwork, path: Path, kind: str, action: str, label: str, group: str) -> ImageClip:
    """Return what the network sees in the middle frame, and in frames of the seconds that I3D is shown."""
    frames = read_middle(path)
    middle, mean = frames[len(frames) // 2][np.newaxis], frames[evenly_spaced(len(frames), IMAGE_COUNT)]
    tops = [*top_of(network, middle), *top_of(network, mean)]
    return ImageClip(path.name, kind, action, label, group, *tops, file_sha256(path))


def clips_of(network: ImageNetwork, folder: Path) -> Iterator[ImageClip]:
    """Yield all clips, the real ones first."""
    for path, clip in found_clips(folder):
        require_hash(path, clip)
        yield measured(network, path, "real", clip.action, clip.label, clip.group)
    for name, path in samples.items():
        action = name.split("_")[1]
        yield measured(network, Path(path), "rendered", action, SAMPLE_LABELS.get(action, ""), action)


def main() -> None:
    folder = clips_folder(__doc__)
    clips = list(clips_of(load_image_network(), folder))
    write_clips(clips, f"Measured {datetime.date.today().isoformat()}, {processor()}, {os.cpu_count()} cores")
    print(f"{len(clips)} clips: {FILE.name} ({FILE.stat().st_size / 1e3:.0f} kB)")


if __name__ == "__main__":
    main()
