"""Measure I3D on real clips, and store its logits in samples/: make real-clips REAL_CLIPS=folder REAL_ACTIONS=folder.

The clips are all those in the two folders whose actions are among the 400 of Kinetics; samples/REAL_CLIPS.md describes them.

- REAL_CLIPS contains clips found in public repositories (demos and test data of video projects). Its manifest.tsv lists the label
  of each clip and other accepted labels.
- REAL_ACTIONS contains the 120 segmented clips of UT-Interaction (Ryoo & Aggarwal, ICPR 2010 contest). A class is used if a label
  names the same action without adding an object, a setting or a technique: "hugging" and "shaking hands". "punching person
  (boxing)" adds boxing; the only labels for kick and push are ones like "high kick", "drop kicking", and "pushing cart"; point
  has none. This was decided before the network was run on any of these clips.

Clips from the same recording form one group. In UT-Interaction, that is a sequence; some sequences also show passers-by or
other pairs. The same few actors appear in several sequences, so even the groups are not independent.
"""

import argparse
import csv
import datetime
import hashlib
import os
import platform
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from helpers import kinetics_labels, load_i3d, read_video
from helpers.measure.real_clips import CLIPS_FILE, LOGITS_FILE, RealClip, write
from helpers.measure.stored_logits import StoredLogits
from helpers.models.i3d.frame_by_frame import FrameByFrame
from helpers.video.metadata import read_metadata
from helpers.video.preprocessing import I3D_CROP_FRACTION, I3D_FPS, I3D_VALUE_RANGE

FRAMES = 64  # at 25 per second: the middle 2.56 seconds in every condition, as long as the rendered samples
UT_INTERACTION_LABELS = {"hug": "hugging", "shake_hands": "shaking hands"}
KINETICS_CLIPS = {"arm_wrestling", "cleaning_pool", "cleaning_pool_32_frames", "clean_and_jerk", "tai_chi"}
SAME_RECORDING = {"cleaning_pool_32_frames": "cleaning_pool"}
FRAME_BY_FRAME = "frame by frame"  # the condition with a different model


def frozen(frames: np.ndarray) -> np.ndarray:
    """Return the middle frame, repeated to the length of the clip."""
    middle = len(frames) // 2
    return frames[middle : middle + 1].repeat(len(frames), axis=0)


def shuffled(frames: np.ndarray) -> np.ndarray:
    """Return all frames in a random order, which is the same for clips of the same length."""
    return frames[np.random.default_rng(0).permutation(len(frames))]


def twice_as_fast(frames: np.ndarray) -> np.ndarray:
    """Return every second frame, and these frames again, so that the clip keeps its length."""
    return np.concatenate([frames[::2], frames[::2]])


def read_middle(path: Path, crop_fraction: float = I3D_CROP_FRACTION) -> np.ndarray:
    """Read the middle `FRAMES` frames of a clip at 25 per second, or all of a shorter clip."""
    frames = read_video(path, crop_fraction=crop_fraction)
    start = max(0, (len(frames) - FRAMES) // 2)
    return frames[start : start + FRAMES]


def read_middle_at_its_own_rate(path: Path) -> np.ndarray:
    """Read the same seconds of a clip without resampling."""
    frames, per_frame = read_video(path, fps=None), read_metadata(path).fps / I3D_FPS
    count = len(read_video(path))
    start, length = max(0, (count - FRAMES) // 2), min(count, FRAMES)
    return frames[round(start * per_frame) :][: round(length * per_frame)]


def perturb(path: Path) -> dict[str, tuple[np.ndarray, tuple[float, float]]]:
    """Return the perturbed clip, uint8 `[T, 224, 224, 3]`, and its value range for each condition."""
    frames, square = read_middle(path), read_middle(path, crop_fraction=1.0)
    paper, older = I3D_VALUE_RANGE, (0.0, 1.0)
    return {
        "unchanged": (frames, paper),
        "frozen": (frozen(frames), paper),
        "shuffled": (shuffled(frames), paper),
        "reversed": (frames[::-1], paper),
        "twice as fast": (twice_as_fast(frames), paper),
        "values in [0, 1]": (frames, older),
        "whole square": (square, paper),
        "both": (square, older),
        "file's frame rate": (read_middle_at_its_own_rate(path), paper),
        FRAME_BY_FRAME: (frames, paper),
    }


def found_clips(folder: Path) -> Iterator[tuple[Path, RealClip]]:
    """Yield the clips of REAL_CLIPS whose action is among the 400."""
    labels = kinetics_labels()
    for row in rows_of(folder / "manifest.tsv"):
        path = folder / row["file"]
        if row["kinetics_400_label"] in labels:
            yield (
                path,
                RealClip(
                    name=path.name,
                    action=row["action"].split(" (")[0],
                    label=row["kinetics_400_label"],
                    also_accepted=tuple(filter(None, row["also_acceptable"].split("|"))),
                    group=group_of(path),
                    source=source_of(path),
                    scene="",
                    found_in=row["source"],
                    **of_the_file(row),
                ),
            )


def acted_clips(folder: Path) -> Iterator[tuple[Path, RealClip]]:
    """Yield the clips of REAL_ACTIONS whose class is among the 400."""
    for row in rows_of(folder / "manifest.tsv"):
        path = folder / row["file"]
        if row["class"] in UT_INTERACTION_LABELS:
            yield (
                path,
                RealClip(
                    name=f"{row['class']}/{path.name}",
                    action=row["class"],
                    label=UT_INTERACTION_LABELS[row["class"]],
                    also_accepted=(),
                    group=f"UT-Interaction {row['group']}",
                    source="UT-Interaction",
                    scene=row["scene"],
                    found_in="UT-Interaction, segmented clips",
                    **of_the_file(row),
                ),
            )


def of_the_file(row: dict[str, str]) -> dict[str, Any]:
    """Return the fields that both manifests have for a file."""
    return {"sha256": row["sha256"], "frames": int(row["frames"]), "fps": float(row["fps"])}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def group_of(path: Path) -> str:
    """Return the part of a name that clips from the same recording share: `v_Diving_g01` for `v_Diving_g01_c02.avi`."""
    in_ucf101 = re.match(r"v_[A-Za-z]+_g\d\d", path.name)
    return in_ucf101[0] if in_ucf101 else SAME_RECORDING.get(path.stem, path.stem)


def source_of(path: Path) -> str:
    if path.name.startswith("v_"):
        return "UCF101"
    if path.name.startswith("hmdb51_"):
        return "HMDB51"
    return "Kinetics-400" if path.stem in KINETICS_CLIPS else "other"


def require_hash(path: Path, clip: RealClip) -> None:
    """Raise ValueError unless a file has the hash in the manifest."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != clip.sha256:
        raise ValueError(
            f"{path.name} has the SHA-256 {found}, but its manifest.tsv lists {clip.sha256}: download the clip again."
        )


def logits_of(path: Path, i3d: Callable, frame_by_frame: Callable, titles: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """Compute the logits of a clip, float32 `[400]`, under the named conditions; by default, under all."""
    computed, logits, perturbed = StoredLogits(), {}, perturb(path)
    for title in perturbed if titles is None else titles:
        frames, value_range = perturbed[title]
        model = frame_by_frame if title == FRAME_BY_FRAME else i3d
        logits[title] = computed.get(model, frames, value_range)
    return logits


def measure(clips: list[tuple[Path, RealClip]], i3d: Callable, frame_by_frame: Callable) -> dict[str, np.ndarray]:
    """Compute the logits of all clips, float32 `[clips, 400]` for each condition."""
    for path, clip in clips:
        require_hash(path, clip)
    start, rows = time.perf_counter(), []
    for path, clip in clips:
        rows.append(logits_of(path, i3d, frame_by_frame))
        print(f"{len(rows)} of {len(clips)} clips, {time.perf_counter() - start:.0f} s: {clip.name}", flush=True)
    return {title: np.array([row[title] for row in rows]) for title in rows[0]}


def clips_folder(description: str | None) -> Path:
    """Return the folder that the only argument of a program names, after a check that it has clips."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, help="the folder REAL_CLIPS")
    folder = parser.parse_args().clips
    if not (folder / "manifest.tsv").is_file():
        parser.error(f"{folder} has no manifest.tsv. Pass the folder that REAL_CLIPS names.")
    return folder


def processor() -> str:
    """Return the name of the processor, as reported by Linux or Python."""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, help="the folder REAL_CLIPS")
    parser.add_argument("actions", type=Path, help="the folder REAL_ACTIONS")
    options = parser.parse_args()
    for folder in (options.clips, options.actions):
        if not (folder / "manifest.tsv").is_file():
            parser.error(f"{folder} has no manifest.tsv. Pass two folders, as in make real-clips REAL_CLIPS=… REAL_ACTIONS=…")
    clips, i3d = [*found_clips(options.clips), *acted_clips(options.actions)], load_i3d()
    logits = measure(clips, i3d, FrameByFrame())
    write(
        [clip for _, clip in clips],
        logits,
        fingerprint=i3d.fingerprint,
        date=datetime.date.today().isoformat(),
        processor=f"{processor()}, {os.cpu_count()} cores",
    )
    print(f"{len(clips)} clips: {CLIPS_FILE.name}, {LOGITS_FILE.name} ({LOGITS_FILE.stat().st_size / 1e3:.0f} kB)")


if __name__ == "__main__":
    main()
