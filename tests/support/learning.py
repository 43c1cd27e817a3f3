"""Stand-ins to learn with: a small model, features that can be learned, and folders of clips."""

import numpy as np

from helpers.learn.records import ClipFeatures
from helpers.models.video_model import ModelInput, VideoModel

SMALL = ModelInput(32, (0.0, 1.0), 1.0, 5.0, 9)


def stand_in(fingerprint="", stop_at=None):
    """A model whose logits are the mean color and the number of frames; it keeps these, and may be interrupted."""

    def colors(batch):
        model.calls += 1
        if model.calls == stop_at:
            raise KeyboardInterrupt
        batch = np.asarray(batch)
        model.frames.append(batch.shape[1])
        return {"default": np.append(batch.mean(axis=(1, 2, 3)), [[batch.shape[1]]], axis=1)}

    model = VideoModel(colors, SMALL, None, "stand-in", fingerprint=fingerprint)
    model.calls, model.frames = 0, []
    return model


def records(rows, still=None):
    zeros = np.zeros(192, np.float32)
    still = rows if still is None else still
    return [ClipFeatures(row, one, zeros, zeros[:3], 64) for row, one in zip(rows, still)]


def separable(actions=("a", "b", "c"), groups=6, noise=0.1):
    """Rows whose action can be learned, one of each action in each group."""
    random = np.random.default_rng(0)
    names = [(action, f"g{g}") for g in range(groups) for action in actions]
    centers = {action: random.normal(size=8) for action in actions}
    rows = np.array([centers[action] + noise * random.normal(size=8) for action, _ in names], np.float32)
    return rows, [action for action, _ in names], [group for _, group in names]


def folder_of(tmp_path, files):
    for name, content in files.items():
        path = tmp_path / "clips" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "clips"
