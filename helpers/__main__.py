"""Predict the actions in video files, in a terminal."""

import argparse
import functools
import io
import sys
import time
import warnings
from pathlib import Path

import helpers

from .kinetics import SAMPLE_LABELS
from .plumbing.messages import DownloadError, ModelError

UNKNOWN = """Actions that are not among the 400
No prediction can be correct here: these clips show what the network names instead, and how confident it is."""

COMMANDS = ("features", "learn")  # each is a module, such as helpers.learn_command


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m helpers",
        description="Predict the actions in video files, by default with I3D, trained on the 400 actions of Kinetics-400.",
        epilog="To learn actions of your own: python -m helpers learn --help. For features of many clips: python -m helpers "
        "features --help. "
        "The first time, the published weights are downloaded (47 MB) into the cache; after that, no connection is needed.",
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
    command = next((name for name in COMMANDS if sys.argv[1:2] == [name]), None)
    options = None if command else parser.parse_args()
    if options and options.top < 1:
        parser.error(f"--top must be at least 1, not {options.top}")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack the block of the bars
    warnings.showwarning = lambda message, *place: print(f"{parser.prog}: {message}", file=sys.stderr)
    try:
        if command:
            getattr(helpers, f"{command}_command").main(sys.argv[2:])
        else:
            predict(options)
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted", file=sys.stderr)
        return 130
    except (OSError, ValueError, DownloadError, ModelError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return 0


def rate(text):
    return None if text == "file" else float(text)


def predict(options):
    """Print the predictions for each clip; sample clips of actions without a label come last, under a heading."""
    learned = options.model and Path(options.model).is_dir()  # has labels of its own
    unknown = [] if learned else [clip for clip in options.clips if sample_label(clip) == ""]
    known = [clip for clip in options.clips if clip not in unknown]
    correct = [show(clip, options) for clip in known]
    if samples := [is_correct for is_correct in correct if is_correct is not None]:
        print(f"\nsample clips: the first prediction is correct for {sum(samples)} of {len(samples)} known actions")
    if unknown:
        print(f"\n{UNKNOWN}")
    for clip in unknown:
        show(clip, options)


def show(clip, options):
    """Print the prediction for one clip; return whether it is correct, or None if the true label is not known."""
    frames, model = read(clip, options)
    true_label = sample_label(clip)
    start = time.perf_counter()
    prediction = helpers.predict(model, model.labels, frames, options.top)
    print(f"\n{Path(clip).name}: {len(frames)} frames in {time.perf_counter() - start:.1f} s")
    for label, probability in prediction.top:
        print(f"  {label:>28}  {probability:6.1%}  {'█' * round(30 * probability)}", flush=True)
    if true_label not in model.labels:
        return None
    is_correct = prediction.top[0][0] == true_label
    print(f"  {'correct' if is_correct else 'wrong'}: the action is {true_label!r}, one of the {len(model.labels)}")
    return is_correct


def read(clip, options):
    """Return the frames of a clip and the model. I3D's clips are read before it is loaded, so that a bad file fails quickly."""
    rate_option = {"fps": options.fps} if "fps" in options else {}
    reader = load_model(options.model) if options.model else helpers
    frames, model = reader.read_video(clip, options.max_frames, **rate_option), load_model(options.model or "i3d")
    if model.labels is None:
        raise ValueError(f"the labels of {model.name} are not known: use it in Python, with labels of your own.")
    return frames, model


@functools.cache
def load_model(handle):
    return helpers.load_model(handle)


def sample_label(clip):
    """Return the label of a sample clip, "" if its action has none, and None for a video of the reader's own."""
    path = Path(clip).resolve()
    if path.parent != Path(helpers.samples.root).resolve() or path.name not in helpers.samples:
        return None
    return SAMPLE_LABELS.get(path.name.split("_")[1], "")


if __name__ == "__main__":
    sys.exit(main())
