"""The command `python -m helpers predict`: predict the actions in video files."""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..basics.command_line import command_parser
from ..clips.datasets import samples
from ..models.kinetics import SAMPLE_LABELS
from ..models.loading import is_place
from ..models.video_model import input_of
from ..video.metadata import VideoError, read_metadata
from ..video.optical_flow import METHODS
from ..video.preprocessing import I3D_FPS
from ..video.resampling import chosen_fps
from .arguments import add_clips, add_model_options, find_all, model_of, report
from .long_videos import long_clip_logits
from .prediction import Prediction, predict_outputs
from .segments import for_json, indented, require_one, timeline_of
from .timeline import Timeline

FIRST_FRAMES = 250  # of a long video: 10 seconds for I3D, 50 for MoViNet
LONG = 10.0  # seconds of a video for which a model that was taught gets a timeline, too
RENDERED = " (these clips are rendered; real ones: docs/accuracy.md)"
UNKNOWN = """Actions that are not among those of the model
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
    needs_timeline: bool = False
    timeline: Timeline | None = None

    @property
    def is_partial(self) -> bool:
        """True if the prediction is about the beginning of the video only."""
        return self.seconds < 0.95 * self.duration

    def print(self) -> None:
        part = f"the first {self.seconds:.1f} of {self.duration:.1f} s, " if self.is_partial else ""
        print(f"\n{self.clip}: {part}{self.frames} frames in {self.elapsed:.1f} s")
        width = max(28, *(len(label) for label, _ in self.prediction.top))
        for label, probability in self.prediction.top:
            streams = "".join(f"  {name} {p:6.1%}" for name, p in self.prediction.of_streams(label).items())
            print(f"  {label:>{width}}  {probability:6.1%}{streams}  {'█' * round(30 * probability)}", flush=True)

    def print_json(self) -> None:
        top = [
            {"action": label, "probability": round(float(p), 4)}
            | {name: round(p, 4) for name, p in self.prediction.of_streams(label).items()}
            for label, p in self.prediction.top
        ]
        found = {"clip": str(self.clip), "seconds": round(self.seconds, 2), "duration": round(self.duration, 2), "top": top}
        if self.timeline:
            found |= for_json(self.timeline)
        print(json.dumps(found, ensure_ascii=False), flush=True)


def main(arguments: Sequence[str]) -> int:
    """Run the command with its arguments; return its exit status, 2 if a clip could not be read.

    Raises ValueError, DownloadError or ModelError if an option is out of range, or if the model cannot be loaded.
    """
    options = parse(arguments)
    chosen_fps(options.fps, I3D_FPS)  # raises an error before a model is loaded
    clips, outcomes = find_all(options.clips)
    require_one(clips, options.csv)
    has_own_labels = is_place(options.model)  # such as a model that `learn` saved, or its .tflite file
    unknown = [] if has_own_labels else [clip for clip in clips if sample_label(clip) == ""]
    outcomes += [show(clip, options) for clip in clips if clip not in unknown]
    correct, wrong = outcomes.count("correct"), outcomes.count("wrong")  # always 0 with --json
    if correct + wrong:
        print(
            f"\nsample clips: the first prediction is correct for {correct} of {correct + wrong} known actions{RENDERED}",
            flush=True,
        )
    if unknown and not options.json:
        print(f"\n{UNKNOWN}", flush=True)
    outcomes += [show(clip, options) for clip in unknown]
    return 2 if "failed" in outcomes else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = command_parser(
        "predict",
        "Predict the actions in video files, by default with I3D, trained on the 400 actions of Kinetics-400. The prediction is "
        "about the beginning of a video; for a longer one, the actions over time follow.",
        [
            "samples/v_Cartwheel_g01_c01.avi",
            "clips/*.mp4 --top 1 --json",
            "vacation.mp4 --model movinet-a0",
            "vacation.mp4 --model my_actions --reject 0.8",
        ],
    )
    add_clips(parser)
    parser.add_argument("--top", type=int, default=5, metavar="N", help="print at most N actions a clip (default: %(default)s)")
    parser.add_argument(
        "--max-frames",
        type=int,
        metavar="N",
        help=f"predict from the first N frames only, 0 for all; no timeline unless --timeline (default: {FIRST_FRAMES}, or all "
        "for a model that you taught, and a timeline if the video is long)",
    )
    add_model_options(parser)
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


def show(clip: Path, options: argparse.Namespace) -> str:
    """Print what is predicted for a clip; return "correct" or "wrong" for a sample clip, "failed", or ""."""
    try:
        result = predict(clip, options)
    except (OSError, VideoError) as error:
        return report(clip, error)
    if not options.json:
        result.print()
    if result.needs_timeline:  # after the prediction, because it takes longer
        try:
            result.timeline = timeline_of(clip, options)
        except (OSError, VideoError) as error:
            return report(clip, error)
        if options.csv:
            result.timeline.save(options.csv)
    if options.json:
        result.print_json()
        return ""
    if result.timeline:
        print(f"  timeline\n{indented(result.timeline)}", flush=True)
    true_label, labels = sample_label(clip), result.prediction.labels
    if true_label not in labels:
        return ""
    outcome = "correct" if result.prediction.top[0][0] == true_label else "wrong"
    print(f"  {outcome}: the action is {true_label!r}, one of the {len(labels)}", flush=True)
    return outcome


def predict(clip: Path, options: argparse.Namespace) -> Result:
    """Predict the action in the beginning of a clip; with a model that was taught, in all of it."""
    metadata = read_metadata(clip)  # a bad file fails before the model is loaded, which takes seconds
    model, labels = model_of(options)
    default = None if model.is_learned else FIRST_FRAMES  # it learned from whole clips
    needs_flow, wants_timeline = model.input.channels != 3, bool(options.timeline or options.csv)
    if wants_timeline:
        input_of(model)  # raises an error before optical flow is computed, which takes minutes
    max_frames = default if options.max_frames is None else options.max_frames
    frames = model.read_video(clip, max_frames, fps=options.fps, flow=options.flow)
    start = time.perf_counter()
    outputs = predict_outputs(model, frames) if needs_flow else {"default": long_clip_logits(model, frames)}
    prediction = Prediction.from_outputs(labels, outputs, options.top)
    fps = chosen_fps(options.fps, model.input.fps)
    count = len(frames) + needs_flow  # the last flow field leads to one more frame
    seconds, elapsed = count / (fps or metadata.fps), time.perf_counter() - start
    result = Result(clip, prediction, count, seconds, metadata.duration, elapsed)
    is_long = metadata.duration > LONG if model.is_learned else result.is_partial
    result.needs_timeline = wants_timeline or (is_long and options.max_frames is None and not needs_flow)
    return result


def sample_label(clip: Path) -> str | None:
    """Return the label of a sample clip, "" if its action has none, and None for a video of the reader's own."""
    path = clip.resolve()
    if path.parent != Path(samples.root).resolve() or path.name not in samples:
        return None
    return SAMPLE_LABELS.get(path.name.split("_")[1], "")
