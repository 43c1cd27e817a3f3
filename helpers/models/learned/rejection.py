"""Which clips are none of the learned actions: those whose features resemble no action enough.

The features of a clip are compared with the mean of each action. Both are centered and whitened by the covariance within actions,
as in the Mahalanobis distance, and the similarity is the cosine of the angle between them. Below a threshold, which 90% of the
clips of these actions reach, a clip is none of these. `helpers.learn.unknown_actions` learns and measures it.
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


@dataclass(frozen=True, eq=False)
class Rejection:
    """How similar clips are to the learned actions, and below which similarity they are none of them."""

    center: np.ndarray  # float32 [K]: the mean of the actions' means
    whitening: np.ndarray  # float32 [K, K]
    means: np.ndarray  # float32 [classes, K]: of the actions, whitened, of length 1
    known: np.ndarray  # float32 [n]: similarities of clips of these actions, in groups that were held out
    kept: float  # share of these clips that the threshold keeps

    def similarity(self, rows: np.ndarray) -> np.ndarray:
        """Return the largest cosine of features, float32 `[..., K]`, and the mean of an action, from -1 to 1, `[...]`."""
        white = (rows - self.center) @ self.whitening
        length = np.linalg.norm(white, axis=-1)
        return (white @ self.means.T).max(axis=-1) / np.maximum(length, np.finfo(np.float32).tiny)

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
