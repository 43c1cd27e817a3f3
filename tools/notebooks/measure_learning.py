"""Measure what notebook 06 shows, and store it: python -m tools.notebooks.measure_learning [FOLDER] [--model movinet-a0]

Without FOLDER, the features of the sample clips: samples/sample_features.npz. With FOLDER, which has the clips of UT-Interaction
and a table of them, manifest.tsv, the scores of six actions learned from them: samples/learned_real_clips.tsv and
samples/learning_curve.tsv, or, with MoViNet-A0, samples/learned_real_clips_movinet.tsv.
"""

import argparse
import csv
import datetime
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.preprocessing import StandardScaler

from helpers import load_i3d, load_model, read_video, samples
from helpers.basics.cache import file_sha256
from helpers.learn.classifier import DEFAULT_C, cross_validate, head
from helpers.learn.features import clip_features, mean_features
from helpers.learn.stored_results import CURVE, FEATURES, SCORES, WINDOW, write_features, write_scores, write_table
from helpers.models.video_model import VideoModel
from tools.notebooks.measure_real_clips import processor

SEED = 0
LEARNED_FROM = (1, 2, 3, 5, 10, 15)  # pairs, of the learning curve
DRAWS = 10


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


def measure_real(name: str, folder: Path, measured: str) -> None:
    """Write the scores of a model, and with I3D also `CURVE`."""
    model = load_model(name)
    with open(folder / "manifest.tsv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file, delimiter="\t"))
    for row in table:
        if file_sha256(folder / row["file"]) != row["sha256"]:
            raise ValueError(f"{row['file']} is not the file in manifest.tsv: its SHA-256 differs.")
    clips = [clip_features(model, folder / row["file"]) for row in table]
    actions, pairs, scenes = ([row[column] for row in table] for column in ("class", "group", "scene"))
    random = np.random.default_rng(SEED).permutation(np.arange(len(table)) % len(set(pairs))).astype(str).tolist()
    splits = {"pair": pairs, "scene": scenes, "random": random}
    scores = {split: replace(cross_validate(clips, actions, groups), groups=pairs) for split, groups in splits.items()}
    files, rows = np.array([Path(row["file"]).name for row in table]), np.array([clip.features for clip in clips])
    about = {"file": files.tolist(), "action": actions, "pair": pairs, "scene": scenes}
    about["most similar"] = files[nearest(rows, np.arange(len(rows)))].tolist()
    about["most similar of another pair"] = files[nearest(rows, np.array(pairs))].tolist()
    write_scores(SCORES[name], about, scores, measured)
    if name == "i3d":
        measure_curve(rows, np.array(actions), np.array(pairs), measured)
    for split, score in scores.items():
        print(split, score.summary)
    print(f"{len(clips)} clips: {SCORES[name].name} ({SCORES[name].stat().st_size / 1e3:.0f} kB)")


def measure_curve(rows: np.ndarray, actions: np.ndarray, pairs: np.ndarray, measured: str) -> None:
    """Write `CURVE`: for each number of pairs learned from, how many clips of each other pair were correct, over all draws."""
    columns: dict[str, list[str]] = {name: [] for name in ("learned from", "pair", "correct", "tested")}
    random = np.random.default_rng(SEED)
    for count in LEARNED_FROM:
        correct, tested = Counter(), Counter()
        for _ in range(DRAWS):
            train = np.isin(pairs, random.choice(np.unique(pairs), count, replace=False))
            predicted = head(DEFAULT_C).fit(rows[train], actions[train]).predict(rows[~train])
            correct.update(pairs[~train][predicted == actions[~train]].tolist())
            tested.update(pairs[~train].tolist())
        for pair in sorted(tested):
            for name, value in zip(columns, (count, pair, correct[pair], tested[pair])):
                columns[name].append(str(value))
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
