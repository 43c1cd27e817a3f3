"""Logits that were computed before, so that a notebook with hundreds of forward passes opens in seconds."""

import hashlib
import os
import random
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

# Logits for the sample clips: I3D's, as notebook 03 perturbs them, and those of FrameByFrame; written by `make notebooks`.
SAMPLES = Path(__file__).parent.parent.parent / "samples"
SAMPLE_LOGITS, FRAME_LOGITS = SAMPLES / "i3d_logits.npz", SAMPLES / "frame_by_frame_logits.npz"
TOLERANCE = 0.05  # logits: float16 rounds those of I3D by up to 0.008, and processors differ by some 1e-4


class StoredLogits:
    """A cache of logits in memory that starts from a file.

    A clip is found by a hash of its pixels and of the value range, so a clip that differs in one pixel is computed. Stored
    logits are used only for the model that they were computed with, such as the one that `load_i3d()` returns: it needs the
    same `fingerprint`, and its logits for a clip of noise are compared with the stored ones first.

    Parameters
    ----------
    path : Path, optional
        A file that `save` wrote. Without one, or if it does not exist, the cache starts empty.
    recheck : float
        Share of the stored logits, in [0, 1] and chosen at random, that are computed again and compared.
    """

    def __init__(self, path: Path | None = None, recheck: float = 0.0) -> None:
        if not 0 <= recheck <= 1:
            raise ValueError(f"recheck is {recheck}: needed a fraction from 0 to 1.")
        self.path, self.recheck = path, recheck
        self.stored: dict[str, np.ndarray] = {}
        self.fingerprint, self.noise_logits = "", np.empty(0, np.float16)
        if path is not None and path.exists():
            self._read(path)
        self.asked: dict[tuple[int, str], np.ndarray] = {}  # (id of the model, hash of the clip) to logits
        self.rechecked: list[str] = []
        self.models: dict[int, tuple[Callable, bool]] = {}  # a model is held, so that no other gets its id

    def _read(self, path):
        try:
            with np.load(path) as file:
                self.stored = dict(zip(file["keys"].tolist(), file["logits"]))
                self.fingerprint, self.noise_logits = str(file["fingerprint"]), file["noise_logits"]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            warnings.warn(f"{path.name} cannot be read ({error}): all logits are computed.", stacklevel=3)

    def get(self, model: Callable, frames: np.ndarray, value_range: tuple[float, float], compute: Callable) -> np.ndarray:
        """Return the logits of a clip, computed if they are not here.

        Parameters
        ----------
        model : callable
            What `load_i3d` returns.
        frames : numpy.ndarray
            uint8 `[T, 224, 224, 3]`.
        value_range : (float, float)
            As in `predict`.
        compute : callable
            From a clip and a value range to its logits, float32 `[classes]`.

        Returns
        -------
        numpy.ndarray
            float32 `[classes]`; with a `path`, rounded to float16 whether they were stored or computed.

        Raises
        ------
        ValueError
            If logits that are computed again differ from the stored ones.
        """
        key = fingerprint_of(frames, value_range)
        if (id(model), key) not in self.asked:
            if self._is_stored_model(model, compute) and key in self.stored:
                logits = self.stored[key]
                if random.random() < self.recheck:
                    self.rechecked.append(key)
                    require_close(logits, compute(frames, value_range), f"a clip of {len(frames)} frames")
            else:
                logits = compute(frames, value_range)
            self.asked[id(model), key] = logits.astype(np.float16) if self.path else logits
        return self.asked[id(model), key].astype(np.float32)

    def save(self, model: Callable, compute: Callable) -> None:
        """Write the logits of this model that were used to `path`, as float16, keyed by the hashes of their clips.

        Raises
        ------
        ValueError
            If there is no `path`, or no logits of this model were used.
        """
        used = {key: logits for (owner, key), logits in sorted(self.asked.items()) if owner == id(model)}
        if self.path is None or not used:
            raise ValueError(f"path is {self.path}, and {len(used)} logits of this model were used: needed a path and logits.")
        with tempfile.TemporaryDirectory(dir=self.path.parent) as folder:
            part = Path(folder) / self.path.name
            np.savez_compressed(
                part,
                keys=np.array(list(used)),
                logits=np.stack(list(used.values())),
                fingerprint=getattr(model, "fingerprint", ""),
                noise_logits=compute(noise_clip(), (-1, 1)).astype(np.float16),
            )
            os.replace(part, self.path)

    def _is_stored_model(self, model, compute):
        """Return whether the file contains logits of this model; the first time, compare those for a clip of noise."""
        if id(model) not in self.models:
            same = bool(self.stored) and getattr(model, "fingerprint", None) == self.fingerprint
            if same and not is_close(self.noise_logits, compute(noise_clip(), (-1, 1))):
                warnings.warn("The stored logits are not those of this network: all logits are computed.", stacklevel=2)
                same = False
            self.models[id(model)] = model, same
        return self.models[id(model)][1]


def fingerprint_of(frames: np.ndarray, value_range: tuple[float, float]) -> str:
    """Return a hash of a clip and its value range."""
    digest = hashlib.sha256(f"{frames.shape} {[float(end) for end in value_range]}".encode())
    digest.update(np.ascontiguousarray(frames).data)
    return digest.hexdigest()[:32]


def noise_clip() -> np.ndarray:
    """Return noise without symmetry, uint8 `[16, 224, 224, 3]`: along every axis it gets brighter."""
    noise = np.random.default_rng(0).random((16, 224, 224, 3))
    for axis, size in enumerate(noise.shape):
        noise *= np.linspace(0.5, 1, size).reshape([size if i == axis else 1 for i in range(4)])
    return (255 * noise).astype(np.uint8)


def is_close(stored: np.ndarray, computed: np.ndarray) -> bool:
    return stored.shape == computed.shape and bool(np.allclose(stored.astype(np.float32), computed, rtol=0, atol=TOLERANCE))


def require_close(stored: np.ndarray, computed: np.ndarray, what: str) -> None:
    if not is_close(stored, computed):
        difference = np.abs(stored.astype(np.float32) - computed).max()
        raise ValueError(
            f"the stored logits of {what} differ by up to {difference:.3f} from those computed now (at most {TOLERANCE} is "
            "rounding): recompute them with make notebooks RECOMPUTE=1."
        )
