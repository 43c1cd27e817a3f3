"""What a network for images sees in the clips of `real_clips` and in the samples, measured once and stored.

`tools/notebooks/measure_images.py` writes the file. The network is EfficientNet-Lite0 (see `load_image_network`), which names
objects, animals and places, not actions. So it has no score here: whether a name fits an action is for the reader to judge.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..basics.files import read_table, restorable, write_table
from ..clips.datasets import SAMPLES

FILE = SAMPLES / "image_clips.tsv"
KINDS = ("real", "rendered")


class ImageClip(NamedTuple):
    """A clip, and the most probable class of ImageNet."""

    name: str  # of the file
    kind: str  # one of `KINDS`
    action: str  # as its dataset calls it
    label: str  # among the 400 of Kinetics; empty if there is none
    group: str  # clips of one recording have the same group; for a rendered clip, its action
    middle: str  # top-1 for the middle frame
    middle_probability: float
    mean: str  # top-1 for the mean probabilities of 8 frames, evenly spaced in the middle 2.56 seconds
    mean_probability: float
    sha256: str


def image_clips(kind: str) -> list[ImageClip]:
    """Return what EfficientNet-Lite0 sees in single frames of clips.

    Parameters
    ----------
    kind : str
        "real" (the 24 clips found in public repositories, `real_clips(*FOUND)`) or "rendered" (the 44 samples).

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is missing; if it is damaged, or there is no such kind.

    Examples
    --------
    >>> clip = image_clips("real")[0]
    >>> clip.label, clip.middle
    ('playing cricket', 'ballplayer')
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be {' or '.join(map(repr, KINDS))}, not {kind!r}.")
    rows = read_table(FILE)
    with restorable(FILE):
        clips = [to_clip(row) for row in rows]
    return [clip for clip in clips if clip.kind == kind]


def to_clip(row: Mapping[str, Any]) -> ImageClip:
    """Return a row of the table as a clip."""
    probabilities = {name: float(row[name]) for name in ("middle_probability", "mean_probability")}
    return ImageClip(**{**row, **probabilities})


def write_clips(clips: Sequence[ImageClip], measured: str) -> None:
    """Write the clips to `FILE`, with a comment in its first line."""
    columns = zip(*([f"{value:.4f}" if isinstance(value, float) else value for value in clip] for clip in clips))
    write_table(FILE, dict(zip(ImageClip._fields, columns)), measured)
