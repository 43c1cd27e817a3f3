"""Read mutated clips and print the outcome for each seed: python -m tests.faults.video.mutation FIRST LAST FILE…"""

import json
import random
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import numpy as np

from helpers import read_video
from helpers.video.metadata import VideoError
from tests.support.operating_systems import limit_memory

MEMORY = 3 * 2**30  # bytes of address space; Python with OpenCV needs 0.7 of it before it reads anything


def mutate(seed, clips):
    """Return a clip with bytes flipped, overwritten, cut out, repeated, or joined with another's; the same for the same seed.

    `clips` maps each suffix to a list of clips. Every suffix is equally likely, however many clips it has.
    """
    dice = random.Random(seed)
    data = bytearray(draw(dice, clips))
    for _ in range(dice.choice([1, 1, 3, 10])):
        # Prefer the start: headers are small, and a changed byte has the largest effect there.
        end = dice.choice([64, 512, 8192, len(data)])
        start = dice.randrange(max(1, min(end, len(data))))
        length = dice.choice([1, 2, 4, 8, 100, 5000])
        kind = dice.choice(["flip", "flip", "overwrite", "cut out", "cut off", "repeat", "join"])
        if kind == "flip":
            data[start : start + 1] = bytes(byte ^ 1 << dice.randrange(8) for byte in data[start : start + 1])
        elif kind == "overwrite":
            data[start : start + length] = dice.choice([bytes(length), b"\xff" * length, dice.randbytes(length)])
        elif kind == "cut out":
            del data[start : start + length]
        elif kind == "cut off":
            del data[dice.randrange(len(data) + 1) :]
        elif kind == "repeat":
            data[start:start] = data[start : start + length]
        else:
            data[start:] = draw(dice, clips)[start:]
    return bytes(data)


def draw(dice, clips):
    return dice.choice(clips[dice.choice(sorted(clips))])


def outcome(path):
    """Read a file; return "frames" and their number, "error" and its message, or "wrong" and what is wrong."""
    try:
        frames = read_video(path)
    except VideoError as error:
        return "error", str(error)
    except Exception as error:
        return "wrong", f"{type(error).__name__} is not a VideoError: {error}\n{traceback.format_exc()}"
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[1:] != (224, 224, 3) or len(frames) < 9:
        return "wrong", f"frames are {frames.dtype} {frames.shape}"
    return "frames", len(frames)


def main(first, last, *files):
    limit_memory(MEMORY)
    warnings.simplefilter("ignore")  # about missing parts
    clips = {}
    for file in map(Path, files):
        clips.setdefault(file.suffix, []).append(file.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.avi"
        for seed in range(int(first), int(last)):
            path.write_bytes(mutate(seed, clips))
            print(json.dumps([seed, *outcome(path)]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
