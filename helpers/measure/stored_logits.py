"""A cache of logits, so that a notebook with hundreds of forward passes runs in seconds."""

import hashlib
import random
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..basics.files import DAMAGED_NPZ, replacing
from ..clips.datasets import SAMPLES
from ..models.video_model import input_of
from ..predictions.prediction import predict_logits

# Logits of the sample clips: I3D's, with the perturbations of notebook 05, and FrameByFrame's; written by `make notebooks`.
SAMPLE_LOGITS, FRAME_LOGITS = SAMPLES / "i3d_logits.npz", SAMPLES / "frame_by_frame_logits.npz"
TOLERANCE = 0.05  # of a logit: float16 rounds by up to 0.008, and processors differ by about 1e-4


class StoredLogits:
    """A cache of logits in memory, optionally filled from a file.

    Only a model with a `fingerprint`, which names its weights, has logits in the cache; another may be trained or changed at any
    time, so its logits are always computed. The key of a clip is a hash of its pixels and of the value range. Logits from the
    file are used only for the model that they were computed with: it must have the same fingerprint, and its logits for a noise
    clip must match those in the file.

    Parameters
    ----------
    path : str or Path, optional
        A file that `save` wrote. If it is None or does not exist, the cache starts empty.
    recheck : float
        Fraction of the stored logits, in [0, 1], that are computed again and compared. They are chosen at random.
    """

    def __init__(self, path: str | Path | None = None, recheck: float = 0.0) -> None:
        if not 0 <= recheck <= 1:
            raise ValueError(f"recheck must be a fraction from 0 to 1, not {recheck}.")
        self.path, self.recheck = None if path is None else Path(path), recheck
        self.stored: dict[str, np.ndarray] = {}  # from the hash of each clip in the file to its logits, float16 [classes]
        self.fingerprint, self.noise_logits = "", np.empty(0, np.float16)
        if self.path and self.path.exists():
            try:
                with np.load(self.path) as file:
                    self.stored = dict(zip(file["keys"].tolist(), file["logits"]))
                    self.fingerprint, self.noise_logits = str(file["fingerprint"]), file["noise_logits"]
            except DAMAGED_NPZ as error:
                warnings.warn(f"{self.path.name} cannot be read ({error}): all logits are computed.", stacklevel=2)
                self.stored = {}
        self.used: dict[tuple[tuple[int, str], str], np.ndarray] = {}  # from (owner, hash of the clip) to what `get` returned
        self.rechecked: list[str] = []  # hashes of clips
        self.models: dict[tuple[int, str], tuple[Callable, bool]] = {}  # keeps each model alive: no other model gets its id

    def get(self, model: Callable, frames: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
        """Return the logits of a clip as `predict_logits` does, float32 `[classes]`, from the cache or computed.

        If `path` is not None, all are rounded to float16 precision, stored or computed. Raises ValueError if logits that are
        computed again differ from the stored ones.
        """
        owner, key = _owner(model), _clip_hash(frames, value_range)
        if (owner, key) in self.used:
            return self.used[owner, key].astype(np.float32)
        if self._is_stored_model(model) and key in self.stored:
            logits = self.stored[key]
            if random.random() < self.recheck:
                self.rechecked.append(key)
                difference = _difference(logits, predict_logits(model, frames, value_range))
                if not difference <= TOLERANCE:  # not >, because it may be NaN
                    raise ValueError(
                        f"the stored logits of a clip of {len(frames)} frames differ by up to {difference:.3f} from those "
                        f"computed now (rounding explains at most {TOLERANCE}): recompute them with make notebooks RECOMPUTE=1."
                    )
        else:
            logits = predict_logits(model, frames, value_range)
        logits = np.asarray(logits, np.float16 if self.path else np.float32)
        if owner[1]:
            self.used[owner, key] = logits
        return logits.astype(np.float32)

    def save(self, model: Callable) -> None:
        """Write the logits of a model that `get` has returned to `path`, in float16; raise ValueError without logits or path."""
        used = {key: logits for (owner, key), logits in sorted(self.used.items()) if owner == _owner(model)}
        if self.path is None or not used:
            raise ValueError(
                f"path is {self.path}, and {len(used)} clips were predicted with this model, whose fingerprint is "
                f"{_owner(model)[1]!r}. Pass a path and a model with a fingerprint, and predict first."
            )
        with replacing(self.path) as part, open(part, "wb") as file:  # np.savez would append .npz to a path without it
            np.savez_compressed(
                file,
                keys=np.array(list(used)),
                logits=np.stack(list(used.values())),
                fingerprint=getattr(model, "fingerprint", ""),
                noise_logits=_logits_of_noise(model).astype(np.float16),
            )

    def _is_stored_model(self, model: Callable) -> bool:
        """Return whether the file contains logits of this model; on first use, compare the logits of the noise clip."""
        owner = _owner(model)
        if owner not in self.models:
            same = bool(self.stored and self.fingerprint) and owner[1] == self.fingerprint
            if same and not _difference(self.noise_logits, _logits_of_noise(model)) <= TOLERANCE:
                warnings.warn("The stored logits are not those of this network: all logits are computed.", stacklevel=2)
                same = False
            self.models[owner] = model, same
        return self.models[owner][1]


def _owner(model: Callable) -> tuple[int, str]:
    """Return what tells models apart. The fingerprint is not enough, because a wrapper of a model may copy it."""
    return id(model), getattr(model, "fingerprint", "")


def _clip_hash(frames: np.ndarray, value_range: tuple[float, float]) -> str:
    digest = hashlib.sha256(f"{frames.shape} {[float(end) for end in value_range]}".encode())
    digest.update(np.ascontiguousarray(frames).data)
    return digest.hexdigest()[:32]


def _logits_of_noise(model: Callable) -> np.ndarray:
    """Return the logits of a clip of noise that gets brighter along every axis, so that it has no symmetry."""
    needed = input_of(model)
    noise = np.random.default_rng(0).random((max(16, needed.min_frames), needed.size, needed.size, 3))
    for axis, size in enumerate(noise.shape):
        noise *= np.linspace(0.5, 1, size).reshape([size if i == axis else 1 for i in range(4)])
    return predict_logits(model, (255 * noise).astype(np.uint8))


def _difference(stored: np.ndarray, computed: np.ndarray) -> float:
    """Return the largest difference between logits; infinite if their numbers differ."""
    return float(np.abs(stored.astype(np.float32) - computed).max()) if stored.shape == computed.shape else float("inf")
