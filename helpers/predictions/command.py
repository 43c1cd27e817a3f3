"""The command `python -m helpers CLIP…`: predict the actions in video files."""

import argparse
import functools
import json
import mimetypes
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

from ..basics.messages import without_secrets
from ..clips.datasets import samples
from ..models.kinetics import SAMPLE_LABELS
from ..models.learned.rejection import NONE, reject_option
from ..models.loading import load_model
from ..models.video_model import input_of
from ..video.metadata import VideoError, read_metadata
from ..video.optical_flow import METHODS
from ..video.preprocessing import I3D_FPS
from ..video.resampling import chosen_fps
from .long_videos import long_clip_logits, predict_timeline
from .prediction import Prediction, predict_outputs
from .timeline import Timeline

PROGRAM = "python -m helpers"
FIRST_FRAMES = 250  # of a long video: 10 seconds for I3D, 50 for MoViNet
UNKNOWN = """Actions that are not among the 400
No prediction can be correct here: these clips show what the network names instead, and how confident it is."""


@dataclass
class Result:
    """What was predicted for one clip."""

    clip: Path
    prediction: Prediction
    frames: int
    seconds: float  # that these frames last
    duration: float  # of the video, in seconds
    elapsed: float  # computing time, in seconds
    timeline: Timeline | None = None

    @property
    def is_partial(self) -> bool:
        """True if the prediction is about the beginning of the video only."""
        return self.seconds < 0.95 * self.duration

    def print(self) -> None:
        part = f"the first {self.seconds:.1f} of {self.duration:.1f} s, " if self.is_partial else ""
        print(f"\n{self.clip.name}: {part}{self.frames} frames in {self.elapsed:.1f} s")
        for label, probability in self.prediction.top:
            streams = "".join(f"  {name} {p:6.1%}" for name, p in self.prediction.of_streams(label).items())
            print(f"  {label:>28}  {probability:6.1%}{streams}  {'█' * round(30 * probability)}", flush=True)
        if self.timeline:
            print("  timeline", *(f"    {line}" for line in str(self.timeline).splitlines()), sep="\n", flush=True)

    def print_json(self) -> None:
        top = [
            {"action": label, "probability": round(float(p), 4)}
            | {name: round(p, 4) for name, p in self.prediction.of_streams(label).items()}
            for label, p in self.prediction.top
        ]
        found = {"clip": str(self.clip), "seconds": round(self.seconds, 2), "duration": round(self.duration, 2), "top": top}
        if self.timeline:
            found["timeline"] = [
                {"start": round(start, 2), "end": round(end, 2), "action": label, "probability": round(p, 4)}
                for start, end, label, p in self.timeline.segments()
            ]
        print(json.dumps(found, ensure_ascii=False), flush=True)


def main(arguments: Sequence[str]) -> int:
    """Run the command with its arguments; return its exit status, 2 if a clip could not be read.

    Raises ValueError, DownloadError or ModelError if an option is out of range, or if the model cannot be loaded.
    """
    options = parse(arguments)
    chosen_fps(options.fps, I3D_FPS)  # raises an error before a model is loaded
    outcomes, clips = list[str](), list[Path]()
    for argument in options.clips:
        try:
            clips += find_clips(argument)
        except (OSError, VideoError) as error:
            outcomes.append(report(argument, error))
    if options.csv and len(clips) != 1:
        raise ValueError(f"--csv saves the timeline of one clip, not of {len(clips)}. Run the command once for each clip.")
    has_own_labels = Path(options.model).is_dir()  # such as a model that `learn` saved
    unknown = [] if has_own_labels else [clip for clip in clips if sample_label(clip) == ""]
    outcomes += [show(clip, options) for clip in clips if clip not in unknown]
    correct, wrong = outcomes.count("correct"), outcomes.count("wrong")  # always 0 with --json
    if correct + wrong:
        print(f"\nsample clips: the first prediction is correct for {correct} of {correct + wrong} known actions", flush=True)
    if unknown and not options.json:
        print(f"\n{UNKNOWN}", flush=True)
    outcomes += [show(clip, options) for clip in unknown]
    return 2 if "failed" in outcomes else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Predict the actions in video files, by default with I3D, trained on the 400 actions of Kinetics-400. The "
        "prediction is about the beginning of a video; for a longer one, the actions over time follow.",
        epilog="To learn actions of your own: python -m helpers learn --help. For features of many clips: python -m helpers "
        "features --help. The first time, the published weights (47 MB) are downloaded into the cache; then it works offline.",
    )
    parser.add_argument(
        "clips",
        nargs="+",
        metavar="CLIP",
        help="a video file, such as samples/v_Cartwheel_g01_c01.avi, a folder of videos, or the https address of a video",
    )
    parser.add_argument("--top", type=int, default=5, metavar="N", help="print at most N actions a clip (default: %(default)s)")
    parser.add_argument(
        "--max-frames",
        type=int,
        metavar="N",
        help=f"predict from the first N frames only, 0 for all (default: {FIRST_FRAMES}, and a timeline if the video is longer; "
        "all for a model that you taught)",
    )
    parser.add_argument(
        "--fps",
        type=rate,
        default="model",
        metavar="RATE",
        help="frames per second to resample to; 'file' reads every frame (default: as in the model's training, 25 for I3D)",
    )
    parser.add_argument(
        "--model",
        default="i3d",
        metavar="MODEL",
        help="i3d, i3d-rgb-imagenet, i3d-rgb-scratch-kin600, i3d-flow-imagenet, i3d-two-stream-imagenet, movinet-a0, movinet-a1, "
        "movinet-a2, a TF Hub address, or the folder of a SavedModel (default: i3d)",
    )
    parser.add_argument(
        "--reject",
        metavar="SHARE",
        type=reject_option,
        help="for a model that you taught: share of the clips of its actions that it keeps, such as 0.9; a clip that is less "
        f"similar to every action is labeled {NONE!r}; with off, it always names an action (default: as the model was saved)",
    )
    parser.add_argument(
        "--flow",
        choices=METHODS,
        default="tvl1",
        help="for flow and two-stream models: optical flow as in their training (tvl1, up to a second per frame, then cached), "
        "or faster and less exact (dis) (default: %(default)s)",
    )
    parser.add_argument("--timeline", action="store_true", help="also print which action happens when, even of a short video")
    parser.add_argument("--csv", metavar="FILE", type=Path, help="save the timeline of the clip as a table")
    parser.add_argument("--json", action="store_true", help="print one line of JSON for each clip")
    options = parser.parse_args(arguments)
    if options.top < 1:
        parser.error(f"--top must be at least 1, not {options.top}")
    if options.max_frames is not None and options.max_frames < 0:
        parser.error(f"--max-frames must be 0, for all frames, or more, not {options.max_frames}")
    return options


def rate(text: str) -> float | str:
    """Return the value of --fps; argparse reports a ValueError."""
    return text if text in ("model", "file") else float(text)


def find_clips(argument: str) -> list[Path]:
    """Return the clips of an argument: a file, the videos in a folder, an address, or a pattern that no shell expanded."""
    if argument.startswith(("http://", "https://")):
        from ..video.sources import fetch_video  # only here, because its widgets take half a second to import

        return [fetch_video(argument)]
    if "://" in argument:
        raise VideoError(f"{argument} is a stream. Save a part of it to a file first.")
    path = Path(argument).expanduser()
    if path.is_dir():
        clips = [clip for clip in sorted(path.iterdir()) if (mimetypes.guess_type(clip)[0] or "").startswith("video/")]
        if not clips:
            raise VideoError(f"{argument} is a folder without videos. Name a folder whose videos are directly in it.")
        return clips
    if has_magic(argument) and not path.exists() and (matches := sorted(glob(str(path)))):
        return [Path(match) for match in matches]
    return [path]


def show(clip: Path, options: argparse.Namespace) -> str:
    """Print what is predicted for a clip; return "correct" or "wrong" for a sample clip, "failed", or ""."""
    try:
        result = predict(clip, options)
    except (OSError, VideoError) as error:
        return report(clip, error)
    if options.json:
        result.print_json()
        return ""
    result.print()
    true_label, labels = sample_label(clip), result.prediction.labels
    if true_label not in labels:
        return ""
    outcome = "correct" if result.prediction.top[0][0] == true_label else "wrong"
    print(f"  {outcome}: the action is {true_label!r}, one of the {len(labels)}", flush=True)
    return outcome


def predict(clip: Path, options: argparse.Namespace) -> Result:
    """Predict the action in the beginning of a clip, and the actions over time if it is longer, or if an option asks for them."""
    metadata = read_metadata(clip)  # a bad file fails before the model is loaded, which takes seconds
    model = load_once(options.model, reject=options.reject or "model")
    if model.labels is None:
        raise ValueError(f"the labels of {model.name} are not known: use it in Python, with labels of your own.")
    default = None if model.is_learned else FIRST_FRAMES  # it learned from whole clips
    needs_flow, wants_timeline = model.input.channels != 3, bool(options.timeline or options.csv)
    if wants_timeline:
        input_of(model)  # raises an error before optical flow is computed, which takes minutes
    max_frames = default if options.max_frames is None else options.max_frames
    frames = model.read_video(clip, max_frames, fps=options.fps, flow=options.flow)
    start = time.perf_counter()
    outputs = predict_outputs(model, frames) if needs_flow else {"default": long_clip_logits(model, frames)}
    prediction = Prediction.from_outputs(model.labels, outputs, options.top)
    fps = chosen_fps(options.fps, model.input.fps)
    count = len(frames) + needs_flow  # the last flow field leads to one more frame
    seconds, elapsed = count / (fps or metadata.fps), time.perf_counter() - start
    result = Result(clip, prediction, count, seconds, metadata.duration, elapsed)
    if wants_timeline or (result.is_partial and options.max_frames is None and not needs_flow):
        result.timeline = predict_timeline(model, model.labels, clip, options.fps)
        if options.csv:
            result.timeline.save(options.csv)
    return result


load_once = functools.cache(load_model)  # for all clips


def report(clip: Path | str, error: OSError | VideoError) -> str:
    """Print why a clip cannot be read."""
    why = f"{error.strerror}: {clip}" if isinstance(error, OSError) else str(error)
    print(f"{PROGRAM}: {without_secrets(why)}", file=sys.stderr, flush=True)
    return "failed"


def sample_label(clip: Path) -> str | None:
    """Return the label of a sample clip, "" if its action has none, and None for a video of the reader's own."""
    path = clip.resolve()
    if path.parent != Path(samples.root).resolve() or path.name not in samples:
        return None
    return SAMPLE_LABELS.get(path.name.split("_")[1], "")
