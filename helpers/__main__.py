"""Predict the actions in video files, in a terminal."""

import argparse
import io
import sys
import time
import warnings
from pathlib import Path

import helpers

from .plumbing.messages import DownloadError, ModelError


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m helpers",
        description="Predict the actions in video files with I3D, trained on the 400 actions of Kinetics-400.",
        epilog="The first time, the published weights are downloaded (47 MB) into the cache; after that no network is needed.",
    )
    parser.add_argument("clips", nargs="+", metavar="CLIP", help="a video file, such as samples/v_Cartwheel_g01_c01.avi")
    parser.add_argument("--top", type=int, default=5, metavar="N", help="print at most N actions a clip (default: %(default)s)")
    parser.add_argument(
        "--max-frames", type=int, default=250, metavar="N", help="read the first N frames, 0 for all (default: %(default)s)"
    )
    parser.add_argument(
        "--fps",
        type=rate,
        default=argparse.SUPPRESS,
        metavar="RATE",
        help="frames per second to resample to; 'file' reads every frame (default: as in the model's training, 25 for I3D)",
    )
    parser.add_argument(
        "--model",
        metavar="MODEL",
        help="i3d, movinet-a0, movinet-a1, movinet-a2, a TF Hub address, or the folder of a SavedModel (default: i3d)",
    )
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack the block of the bars
    warnings.showwarning = lambda message, *place: print(f"{parser.prog}: {message}", file=sys.stderr)
    try:
        predict(options)
    except (OSError, ValueError, DownloadError, ModelError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return 0


def rate(text):
    return None if text == "file" else float(text)


def predict(options):
    model = helpers.load_model(options.model) if options.model else None
    rate_option = {"fps": options.fps} if "fps" in options else {}
    for clip in options.clips:
        frames = (model or helpers).read_video(clip, options.max_frames, **rate_option)
        model = model or helpers.load_i3d()
        labels = model.labels
        if labels is None:
            raise ValueError(f"the labels of {model.name} are not known: use it in Python, with labels of your own.")
        start = time.perf_counter()
        prediction = helpers.predict(model, labels, frames, options.top)
        seconds = time.perf_counter() - start
        print(f"\n{Path(clip).name}: {len(frames)} frames in {seconds:.1f} s")
        for label, probability in prediction.top:
            print(f"  {label:>28}  {probability:6.1%}  {'█' * round(30 * probability)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
