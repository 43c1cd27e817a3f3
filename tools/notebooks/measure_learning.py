"""Measure what notebook 04 shows, and store it: python -m tools.notebooks.measure_learning [FOLDER] [--model NETWORK]

Without FOLDER, the features of the sample clips: samples/sample_features.npz. With FOLDER, which has the clips of UT-Interaction
and a table of them, manifest.tsv, and with I3D: their features, samples/ut_interaction_features.npz, the scores of six actions
learned from them, samples/learned_real_clips.tsv, and samples/learning_curve.tsv. With MoViNet-A0, only the scores,
samples/learned_real_clips_movinet.tsv; with EfficientNet-Lite0, which sees single images, samples/learned_real_clips_images.tsv.
"""

import argparse
import csv
import datetime
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.preprocessing import StandardScaler

from helpers import load_i3d, load_image_network, load_keras_i3d, load_model, load_movinet, read_video, samples
from helpers.basics.cache import file_sha256
from helpers.basics.files import write_table
from helpers.basics.quiet import keras
from helpers.learn.classifier import cross_validate, learn, nearest_neighbors
from helpers.learn.features import ClipFeatures, clip_features, mean_features
from helpers.learn.leaks import held_out
from helpers.learn.stored_results import (
    CURVE,
    FEATURES,
    FRAMES,
    IMAGE_NETWORK,
    MIDDLE,
    SCORES,
    WINDOW,
    write_features,
    write_real_features,
    write_scores,
)
from helpers.models.i3d.frame_by_frame import flatten
from helpers.models.i3d.network import CLASSIFIER
from helpers.models.video_model import VideoModel
from helpers.video.preprocessing import to_batch
from tools.notebooks.measure_real_clips import processor

SEED = 0
LEARNED_FROM = (1, 2, 3, 5, 10, 15)  # pairs, of the learning curve
DRAWS = 10
FRAME_COUNT = 16  # of a clip, evenly spaced, for the baseline that sees one frame at a time
IMAGE_COUNT = 8  # the same for the network trained on images; other numbers were not tried


def windows(model: VideoModel, path: Path) -> np.ndarray:
    """Return the features of each `WINDOW` frames of a clip alone, float32 `[windows, 1024]`."""
    frames = read_video(path)
    return np.array([mean_features(model, frames[start : start + WINDOW]) for start in range(0, len(frames), WINDOW)])


def measure_samples(model: VideoModel, measured: str) -> None:
    """Write `FEATURES`."""
    clips = {name: clip_features(model, path) for name, path in samples.items()}
    rows = np.array([windows(model, path) for path in samples.values()])
    write_features(clips, rows, fingerprint=model.fingerprint, measured=measured)
    print(f"{len(clips)} clips: {FEATURES.name} ({FEATURES.stat().st_size / 1e3:.0f} kB)")


def nearest(rows: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return for each clip the index of the most similar one of another group, by the distance of standardized features."""
    distances = euclidean_distances(StandardScaler().fit_transform(rows))
    return np.where(groups[:, np.newaxis] == groups, np.inf, distances).argmin(axis=1)


def evenly_spaced(length: int, count: int) -> np.ndarray:
    """Return the indices of `count` frames of a clip, of which the first and the last are the clip's."""
    return np.linspace(0, length - 1, count).round().astype(int)


def image_features() -> Callable[[Path], ClipFeatures]:
    """Return a function that describes a clip by EfficientNet-Lite0: the mean over `IMAGE_COUNT` frames, and the middle one."""
    network, movinet = load_image_network(), load_movinet()

    def describe(path: Path) -> ClipFeatures:
        frames = read_video(path, min_frames=1)
        rows = network.features(frames[[*evenly_spaced(len(frames), IMAGE_COUNT), len(frames) // 2]])
        # The baselines' inputs are MoViNet's: they do not depend on the network.
        return clip_features(movinet, path)._replace(features=rows[:-1].mean(axis=0), still=rows[-1])

    return describe


def frame_features(paths: Sequence[Path]) -> dict[str, np.ndarray]:
    """Return what the flattened I3D sees in single frames, float32 `[clips, K]` for each baseline.

    `FRAMES` has the mean and the standard deviation of each feature, `MIDDLE` the features of the middle frame. To I3D, a still
    video is a kind of input that it never saw; these baselines have no such handicap.
    """
    flat = flatten(load_keras_i3d())
    network = keras.Model(flat.input, flat.get_layer(CLASSIFIER).input)
    rows: dict[str, list[np.ndarray]] = {FRAMES: [], MIDDLE: []}
    for path in paths:
        frames = read_video(path, min_frames=1)
        chosen = [*evenly_spaced(len(frames), FRAME_COUNT), len(frames) // 2]
        found = np.asarray(network(to_batch(frames[chosen]), training=False)).reshape(len(chosen), -1)
        rows[FRAMES].append(np.concatenate([found[:-1].mean(axis=0), found[:-1].std(axis=0)]))
        rows[MIDDLE].append(found[-1])
    return {name: np.array(found) for name, found in rows.items()}


def predictions(rows: np.ndarray, actions: Sequence[str], groups: Sequence[str], fit: Callable) -> list[str]:
    """Return the predicted action of each clip, by a classifier that did not learn from its group."""
    true, predicted = np.array(actions), np.empty_like(np.array(actions))
    for train, test in held_out(actions, groups):
        predicted[test] = fit(rows[train], true[train], [groups[i] for i in train]).predict(rows[test])
    return predicted.tolist()


def measure_real(name: str, folder: Path, measured: str) -> None:
    """Write the scores of a model, and with I3D also `CURVE`."""
    describe = image_features() if name == IMAGE_NETWORK else partial(clip_features, load_model(name))
    with open(folder / "manifest.tsv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file, delimiter="\t"))
    for row in table:
        if file_sha256(folder / row["file"]) != row["sha256"]:
            raise ValueError(f"{row['file']} is not the file in manifest.tsv: its SHA-256 differs.")
    clips = [describe(folder / row["file"]) for row in table]
    actions, pairs, scenes = ([row[column] for row in table] for column in ("class", "group", "scene"))
    random = np.random.default_rng(SEED).permutation(np.arange(len(table)) % len(set(pairs))).astype(str).tolist()
    splits = {"pair": pairs, "scene": scenes, "random": random}
    scores = {split: replace(cross_validate(clips, actions, groups), groups=pairs) for split, groups in splits.items()}
    files, rows = np.array([Path(row["file"]).name for row in table]), np.array([clip.features for clip in clips])
    if name == "i3d":
        frames, sizes = frame_features([folder / row["file"] for row in table]), np.array([clip.size for clip in clips])
        for split, groups in splits.items():
            others = {
                **{title: predictions(found, actions, groups, learn) for title, found in frames.items()},
                "width and height": predictions(sizes[:, :2], actions, groups, nearest_neighbors),
                "length": predictions(sizes[:, 2:], actions, groups, nearest_neighbors),
            }
            scores[split] = replace(scores[split], baselines={**scores[split].baselines, **others})
        write_real_features(files.tolist(), rows, measured)
        small = np.array([clip_features(load_movinet(), folder / row["file"]).features for row in table])
        measure_curve({"i3d": rows, "movinet-a0": small, FRAMES: frames[FRAMES]}, np.array(actions), np.array(pairs), measured)
    about = {"file": files.tolist(), "action": actions, "pair": pairs, "scene": scenes}
    about["most similar"] = files[nearest(rows, np.arange(len(rows)))].tolist()
    about["most similar of another pair"] = files[nearest(rows, np.array(pairs))].tolist()
    write_scores(SCORES[name], about, scores, measured)
    for split, score in scores.items():
        print(split, score.summary)
    print(f"{len(clips)} clips: {SCORES[name].name} ({SCORES[name].stat().st_size / 1e3:.0f} kB)")


def measure_curve(features: Mapping[str, np.ndarray], actions: np.ndarray, pairs: np.ndarray, measured: str) -> None:
    """Write `CURVE`: for each number of pairs learned from, how many clips of each other pair were correct, over all draws."""
    columns: dict[str, list[str]] = {name: [] for name in ("features", "learned from", "pair", "correct", "tested")}
    for name, rows in features.items():
        random = np.random.default_rng(SEED)  # the same draws for each
        for count in LEARNED_FROM:
            correct, tested = Counter(), Counter()
            for _ in range(DRAWS):
                train = np.isin(pairs, random.choice(np.unique(pairs), count, replace=False))
                predicted = learn(rows[train], actions[train], pairs[train]).predict(rows[~train])
                correct.update(pairs[~train][predicted == actions[~train]].tolist())
                tested.update(pairs[~train].tolist())
            for pair in sorted(tested):
                for column, value in zip(columns, (name, count, pair, correct[pair], tested[pair])):
                    columns[column].append(str(value))
    write_table(CURVE, columns, measured)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="?", help="the folder of UT-Interaction's clips")
    parser.add_argument("--model", choices=SCORES, default="i3d", help="with FOLDER: the network (default: %(default)s)")
    options = parser.parse_args()
    folder = options.clips
    if folder and not (folder / "manifest.tsv").is_file():
        parser.error(f"{folder} has no manifest.tsv. Pass a folder with this table of file, class, group, scene, and sha256.")
    measured = f"Measured {datetime.date.today().isoformat()}, {processor()}, {os.cpu_count()} cores"
    if folder:
        measure_real(options.model, folder, measured)
    else:
        measure_samples(load_i3d(), measured)


if __name__ == "__main__":
    main()
