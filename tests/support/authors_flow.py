"""The optical flow that I3D's authors published for their example, and how well other flow agrees with it."""

from pathlib import Path

import numpy as np
from PIL import Image

CLIP = "v_CricketShot_g04_c01"


def authors_flow(real_clips: Path) -> np.ndarray:
    """Return float `[79, 224, 224, 2]` in units of 20 pixels: red and green of their animation are 255 (flow + 0.5)."""
    path = real_clips.parent / "reference" / "authors" / f"{CLIP}_flow.gif"
    if not path.is_file():
        raise FileNotFoundError("needs the authors' animation in ../reference/authors, next to the folder that REAL_CLIPS names")
    with Image.open(path) as animation:
        pictures = [(animation.seek(i), np.asarray(animation.convert("RGB")))[1] for i in range(animation.n_frames)]
    return np.stack(pictures)[..., :2] / 255 - 0.5


def agreement(flow: np.ndarray, authors: np.ndarray) -> tuple[float, float]:
    """Return the mean of the correlations of all pairs, and the mean error in pixels."""
    correlations = [np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] for ours, theirs in zip(flow, authors, strict=True)]
    return float(np.mean(correlations)), float(20 * np.abs(flow - authors).mean())
