"""Describe clips with I3D one after the other, without Dask: the baseline of `python -m helpers features`."""

import sys
from pathlib import Path

from helpers import load_i3d
from helpers.learn.features import compute
from helpers.learn.records import write_record


def main(out, *clips):
    model = load_i3d()
    for clip in map(Path, clips):
        write_record(Path(out, f"{clip.name}.npz"), compute(model, clip))


if __name__ == "__main__":
    main(*sys.argv[1:])
