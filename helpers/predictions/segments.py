"""The command `python -m helpers timeline`: which action happens when in a video."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ..basics.command_line import PROGRAM, command_parser
from ..basics.messages import without_secrets
from ..models.video_model import input_of
from ..video.metadata import VideoError, read_metadata
from ..video.preprocessing import I3D_FPS
from ..video.resampling import chosen_fps
from .arguments import add_clips, add_model_options, find_all, model_of, report
from .long_videos import predict_timeline
from .timeline import Timeline


def main(arguments: Sequence[str]) -> int:
    """Run the command with its arguments, those after `timeline`; return its exit status, 2 if a video could not be read.

    Raises ValueError, DownloadError or ModelError if an option is out of range, or if the model cannot be loaded.
    """
    options = parse(arguments)
    chosen_fps(options.fps, I3D_FPS)  # raises an error before a model is loaded
    videos, failed = find_all(options.clips)
    require_one(videos, options.csv)
    for video in videos:
        try:
            read_metadata(video)  # a bad file fails before the model is loaded, which takes seconds
            timeline = timeline_of(video, options, options.window)
        except (OSError, VideoError) as error:
            failed.append(report(video, error))
        else:
            if options.csv:
                timeline.save(options.csv)
            as_json = {"clip": str(video), **for_json(timeline)}
            shown = json.dumps(as_json, ensure_ascii=False) if options.json else f"\n{video}\n{indented(timeline)}"
            print(shown, flush=True)
    return 2 if failed else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = command_parser(
        "timeline",
        "Find out which action happens when in a video of any length, in one pass and in memory that does not grow. For one "
        "prediction of a whole clip, use predict.",
        [
            "vacation.mp4",
            "vacation.mp4 --csv timeline.csv",
            "lecture.mp4 --model my_actions --window 128",
            "https://example.org/video.mp4 --json",
        ],
        "The predictions are averaged over a window of time. Segments shorter than a second are not printed. --csv saves the "
        "five most probable actions of each prediction.",
    )
    add_clips(parser)
    parser.add_argument(
        "--window",
        type=int,
        metavar="N",
        help="frames to average over; more is smoother (default: 64 for I3D, 1 for MoViNet, and those of four seconds for a "
        "MoViNet that you taught)",
    )
    add_model_options(parser)
    parser.add_argument("--csv", metavar="FILE", type=Path, help="save the timeline of the video as a table")
    parser.add_argument("--json", action="store_true", help="print one line of JSON for each video")
    return parser.parse_args(arguments)


def require_one(videos: Sequence[Path], csv: Path | None) -> None:
    """Raise ValueError if one table was asked for several videos, or in a folder that does not exist."""
    if csv and len(videos) > 1:
        raise ValueError(f"--csv saves the timeline of one video, not of {len(videos)}. Run the command once for each video.")
    if csv and not csv.absolute().parent.is_dir():
        raise ValueError(f"--csv {csv}: there is no folder {csv.parent}. Make it first.")


def timeline_of(video: Path, options: argparse.Namespace, window: int | None = None) -> Timeline:
    """Predict the timeline of a video as the options ask; with --json and --csv, print its note on standard error.

    Raises KeyboardInterrupt if it was interrupted, because a command cannot resume it.
    """
    model, labels = model_of(options)
    input_of(model)  # raises an error for a model of optical flow
    timeline = predict_timeline(model, labels, video, options.fps, window)
    if timeline.was_interrupted:
        raise KeyboardInterrupt
    if timeline.note and (options.json or options.csv):
        print(f"{PROGRAM}: {without_secrets(f'{video}: {timeline.note}')}", file=sys.stderr, flush=True)
    return timeline


def for_json(timeline: Timeline) -> dict[str, object]:
    """Return the segments of a timeline, in seconds, and its note if there is one."""
    rows = [
        {"start": round(start, 2), "end": round(end, 2), "action": label, "probability": round(p, 4)}
        for start, end, label, p in timeline.segments()
    ]
    return {"timeline": rows} | ({"note": without_secrets(timeline.note)} if timeline.note else {})


def indented(timeline: Timeline) -> str:
    """Return the segments as lines for a terminal."""
    return "\n".join(f"    {line}" for line in str(timeline).splitlines())
