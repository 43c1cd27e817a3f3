"""The command `python -m helpers features`: compute features of all clips in a folder, or of UCF101."""

from collections.abc import Sequence

from ...basics.command_line import command_parser
from ...models.loading import STREAMS
from ...video.optical_flow import METHODS
from .cluster import DASHBOARD
from .run import TIME_LIMIT, extract_features
from .table import FAILURES


def main(arguments: Sequence[str]) -> None:
    """Run the command with its arguments, those after `features`; raise an error as `extract_features` does, or if all failed."""
    parser = command_parser(
        "features",
        "Compute features of each clip with a neural network, to learn from. Uses all cores, or a cluster.",
        ["clips", "ucf101 --out features --scheduler tcp://lab:8786", "videos --every 8 --stream both --format npy"],
        "By default, a clip has one row of numbers. With --every or --window, it has one for every few frames, in memory "
        "that does not grow with its length; docs/features.md compares the two. Only missing features are "
        "computed, so an interrupted run resumes where it stopped. To learn from one row for each clip: "
        "python -m helpers learn FOLDER, with the same --model.",
    )
    parser.add_argument("source", metavar="SOURCE", help="a folder (<action>/<clip> or flat), or the word ucf101")
    parser.add_argument("--out", metavar="FOLDER", default="features", help="folder to write (default: %(default)s)")
    parser.add_argument("--groups", metavar="TABLE", help="a text file: in each line, a clip, a tab, and its group")
    parser.add_argument("--model", default="i3d", help="the model that computes the features (default: %(default)s)")
    parser.add_argument("--every", metavar="N", type=int, help="one row for each N frames, in one pass (I3D: a multiple of 8)")
    parser.add_argument("--window", metavar="N", type=int, help="one row for each window of N frames, computed separately")
    parser.add_argument("--step", metavar="N", type=int, help="frames from one window to the next (default: those of --window)")
    parser.add_argument("--stream", choices=STREAMS, help="rows of RGB, of optical flow, or of both side by side, of an I3D")
    parser.add_argument(
        "--flow",
        choices=METHODS,
        default="tvl1",
        help="optical flow as in I3D's training (tvl1, up to a second per frame), or faster and less exact (dis) "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--format",
        choices=["npz", "npy"],
        default="npz",
        help="npy: write rows over time also as NAME.npy, as ActionFormer reads them, and dataset.yaml (default: %(default)s)",
    )
    parser.add_argument("--workers", metavar="N", type=int, help="processes on this computer (default: by cores and memory)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a running Dask scheduler, such as tcp://lab:8786")
    parser.add_argument(
        "--dashboard", metavar="ADDRESS", default=DASHBOARD, help="address of Dask's dashboard, or off (default: %(default)s)"
    )
    parser.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=float,
        default=TIME_LIMIT,
        help="give up a clip on which a process works longer (default: %(default).0f)",
    )
    options = vars(parser.parse_args(arguments))
    if options["dashboard"] == "off":
        options["dashboard"] = None
    report = extract_features(**options)
    print(report, flush=True)
    if not report.done + report.skipped:
        raise OSError(f"none of the {len(report.failed)} clips has features. The reasons are in {report.out / FAILURES}.")
