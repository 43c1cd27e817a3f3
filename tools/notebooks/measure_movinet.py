"""Measure MoViNet-A0 and I3D on the same clips, and store their logits: python -m tools.notebooks.measure_movinet FOLDER

FOLDER is the one that REAL_CLIPS names. The clips: those in it whose action has the same name in Kinetics-400 and Kinetics-600,
and the rendered samples whose action is among the labels. I3D's logits for the middle 2.56 seconds are in samples/real_clips.npz;
here it gets whole clips.
"""

import datetime
import os
import time
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from helpers import load_i3d, load_movinet, read_video, samples
from helpers.basics.cache import file_sha256
from helpers.measure.movinet_clips import FILE, MOVINET_LABELS, MeasuredClip, write_file
from helpers.models.kinetics import SAMPLE_LABELS
from helpers.models.movinet.files import movinet_path
from helpers.models.video_model import VideoModel
from helpers.predictions.prediction import predict_logits, softmax
from helpers.video.preprocessing import I3D_CROP_FRACTION, I3D_FPS, I3D_VALUE_RANGE
from tools.notebooks.measure_real_clips import FRAMES, clips_folder, found_clips, processor, require_hash

NAMED = 5  # labels of each prediction whose names are stored
CARTWHEEL = "v_Cartwheel_g01_c01.avi"  # whose predictions notebook 06 shows frame by frame


def labeled_clips(folder: Path, labels: list[str]) -> list[tuple[Path, MeasuredClip]]:
    """Return the files and what is known about them, the real ones first."""
    found = []
    for path, clip in found_clips(folder):
        require_hash(path, clip)
        if clip.label in labels:
            found.append((path, measured(path, clip.action, clip.label, clip.group, "real")))
    for name, path in samples.items():
        action = name.split("_")[1]
        if SAMPLE_LABELS.get(action) in labels:
            found.append((Path(path), measured(Path(path), action, SAMPLE_LABELS[action], action, "rendered")))
    return found


def measured(path: Path, action: str, label: str, group: str, kind: str) -> MeasuredClip:
    seconds = len(read_video(path)) / I3D_FPS
    return MeasuredClip(path.name, action, label, group, kind, file_sha256(path), seconds)


def middle(frames: np.ndarray, fps: float, count: int) -> np.ndarray:
    """Return the frames at `fps` of the middle `FRAMES` of `count` frames at 25 per second."""
    start = max(0, (count - FRAMES) // 2) / I3D_FPS
    end = start + min(count, FRAMES) / I3D_FPS
    seconds = np.arange(len(frames)) / fps
    return frames[(seconds >= start) & (seconds < end)]


def averaged(model: VideoModel, frames: np.ndarray) -> np.ndarray:
    """Return the logarithm of the mean probabilities of the frames, each with states that start at zero."""
    probabilities = softmax(np.array([predict_logits(model, frame[np.newaxis]) for frame in frames]))
    return np.log(probabilities.mean(axis=0) + 1e-12)


def movinet_logits(model: VideoModel, path: Path) -> dict[str, np.ndarray]:
    """Return the logits after the last frame, float32 `[600]`, for each condition of `helpers.measure.movinet_clips`."""
    frames = model.read_video(path)
    return {
        "unchanged": predict_logits(model, frames),
        "middle 2.56 s": predict_logits(model, middle(frames, model.input.fps, len(read_video(path)))),
        "last frame alone": predict_logits(model, frames[-1:]),
        "frames averaged": averaged(model, frames),
        "25 frames per second": predict_logits(model, model.read_video(path, fps=25.0)),
        "1 frame per second": predict_logits(model, model.read_video(path, fps=1.0)),
        "values in [-1, 1]": predict_logits(model, frames, I3D_VALUE_RANGE),
        "values in [0, 255]": predict_logits(model, frames, (0.0, 255.0)),
        "0.875 of the square": predict_logits(model, model.read_video(path, crop_fraction=I3D_CROP_FRACTION)),
    }


def logits_after_each_frame(model: VideoModel, path: Path) -> np.ndarray:
    """Return the logits of a stream after each frame, float16 `[frames, 600]`."""
    stream = model.start()
    logits = np.array([stream.step(frame) for frame in model.read_video(path)], np.float16)
    stream.stop()
    return logits


def count_multiply_adds(path: Path) -> int:
    """Count the multiply-adds of the convolutions of a network for LiteRT, for one frame."""
    interpreter = Interpreter(str(path), num_threads=1)
    shapes = {tensor["index"]: tensor["shape"] for tensor in interpreter.get_tensor_details()}
    total = 0
    for operation in interpreter._get_ops_details():
        if operation["op_name"] in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            filters, output = shapes[operation["inputs"][1]], shapes[operation["outputs"][0]]
            depth = filters[3] if operation["op_name"] == "CONV_2D" else 1  # a depthwise filter has one channel
            total += int(np.prod(output)) * int(filters[1] * filters[2] * depth)
    return total


def names_of_the_first(labels: list[str], logits: list[np.ndarray], clips: list[MeasuredClip]) -> np.ndarray:
    """Return the names of the labels that a stored prediction has among its first, or that are true; "" for the others."""
    rows = np.concatenate(logits)
    named = {labels[i] for i in np.argsort(-rows, axis=1)[:, :NAMED].ravel()} | {clip.label for clip in clips}
    named |= set(MOVINET_LABELS.values())
    return np.array([label if label in named else "" for label in labels])


def main() -> None:
    folder = clips_folder(__doc__)
    movinet, i3d, start = load_movinet("a0"), load_i3d(), time.perf_counter()
    files, rows, whole = labeled_clips(folder, movinet.labels or []), [], []
    for path, clip in files:
        rows.append(movinet_logits(movinet, path))
        whole.append(predict_logits(i3d, read_video(path)))
        print(f"{len(rows)} of {len(files)} clips, {time.perf_counter() - start:.0f} s: {clip.name}", flush=True)
    clips, logits = [clip for _, clip in files], {title: np.array([row[title] for row in rows]) for title in rows[0]}
    stream = logits_after_each_frame(movinet, Path(samples[CARTWHEEL]))
    write_file(
        clips,
        logits,
        {"whole clip": np.array(whole)},
        label_names=names_of_the_first(movinet.labels or [], [*logits.values(), stream], clips),
        cartwheel_logits=stream,
        multiply_adds=count_multiply_adds(movinet_path("a0")),
        fingerprint=movinet.fingerprint,
        i3d_fingerprint=i3d.fingerprint,
        date=datetime.date.today().isoformat(),
        processor=f"{processor()}, {os.cpu_count()} cores",
    )
    print(f"{len(clips)} clips: {FILE.name} ({FILE.stat().st_size / 1e3:.0f} kB)")


if __name__ == "__main__":
    main()
