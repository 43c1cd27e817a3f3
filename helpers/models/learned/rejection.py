"""Which clips are none of the learned actions: those whose features resemble no action enough.

The features of a clip are compared with the mean of each action. Both are centered and whitened by the covariance within actions,
as in the Mahalanobis distance, and the similarity is the cosine of the angle between them. Below a threshold, which 90% of the
clips of these actions reach, a clip is none of these. `helpers.learn.unknown_actions` learns and measures it.

Clips from elsewhere can have any angle, but they are far from the center. So the similarity is less beyond the largest distance
of a held-out clip of these actions. Measured with three actions of UT-Interaction, learned from four pairs of people (up to 12
clips, 12 random draws): of 28 clips from elsewhere (samples/REAL_CLIPS.md), 56% (I3D) and 21% (MoViNet-A0) pass by the angle, and
6% and 1% with the distance; of the known actions' clips of other pairs, 93% and 85% by the angle, and 92% and 85% with the
distance. This way to use the distance was chosen among three, on these clips.
"""

import argparse
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

NONE = "none of these"  # the label of a clip that resembles no action
Reject = float | Literal["model", "off"]  # share of clips of known actions to keep; as the model was saved; no rejection
WORDS = ("model", "off")
SHARE = "must be the share of clips of known actions to keep, more than 0 and less than 1, or off"
NO_LIMIT = float(np.finfo(np.float32).max)  # of models that were saved without a reach


@dataclass(frozen=True, eq=False)
class Rejection:
    """How similar clips are to the learned actions, and below which similarity they are none of them."""

    center: np.ndarray  # float32 [K]: the mean of the actions' means
    whitening: np.ndarray  # float32 [K, K]
    means: np.ndarray  # float32 [classes, K]: of the actions, whitened, of length 1
    known: np.ndarray  # float32 [n]: similarities of clips of these actions, in groups that were held out
    kept: float  # share of these clips that the threshold keeps
    reach: float = NO_LIMIT  # the largest distance of these clips from the center, whitened

    def similarity(self, rows: np.ndarray) -> np.ndarray:
        """Return the similarity of features, float32 `[..., K]`, to the actions, at most 1, `[...]`.

        It is the largest cosine of the angle to the mean of an action, less the share by which the distance exceeds the reach.
        """
        cosine, distance = self.cosine_and_distance(rows)
        return cosine - np.maximum(0, distance / self.reach - 1)

    def cosine_and_distance(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the largest cosine to the mean of an action, and the distance from the center, whitened, `[...]` each."""
        white = (rows - self.center) @ self.whitening
        distance = np.linalg.norm(white, axis=-1)
        return (white @ self.means.T).max(axis=-1) / np.maximum(distance, np.finfo(np.float32).tiny), distance

    @cached_property
    def threshold(self) -> float:
        """The similarity below which a clip shows none of the actions; the share `kept` of the known clips reach it."""
        return float(np.quantile(self.known, 1 - self.kept))


def reject_option(text: str) -> Reject:
    """Return the value of the option --reject."""
    try:
        kept: Any = text if text == "off" else float(text)
        require_share(kept)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{SHARE}, not {text}") from None
    return kept


def require_share(kept: Reject) -> None:
    """Raise ValueError unless this is a share of known clips to keep, or one of the words."""
    if kept not in WORDS and (isinstance(kept, (str, bool)) or not 0 < kept < 1):
        raise ValueError(f"reject {SHARE}, not {kept!r}.")
