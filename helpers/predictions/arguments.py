"""What `predict` and `timeline` have in common: their clips, the options of their model, and the report of a bad file."""

import argparse
import functools
import sys
from collections.abc import Sequence
from glob import glob, has_magic
from pathlib import Path

from ..basics.cache import expanded
from ..basics.command_line import PROGRAM
from ..basics.messages import DownloadError, in_words, without_secrets
from ..models.learned.rejection import NONE, reject_option
from ..models.loading import load_model
from ..models.video_model import VideoModel
from ..video.metadata import VideoError

load_once = functools.cache(load_model)
# Of the files in a folder that are read; not .gif, which is more often a picture.
VIDEO_SUFFIXES = frozenset(".3gp .asf .avi .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogv .ts .vob .webm .wmv".split())


def add_clips(parser: argparse.ArgumentParser) -> None:
    """Add the argument for one or more videos."""
    parser.add_argument(
        "clips",
        nargs="+",
        metavar="CLIP",
        help="a video file, such as samples/v_Cartwheel_g01_c01.avi, a folder of videos, or the https address of a video",
    )


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the model, the frames that it reads, and when it says "none of these"."""
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
        "movinet-a2, the folder or the .tflite file of a model that you taught, or the folder or TF Hub address of another "
        "SavedModel (default: %(default)s)",
    )
    parser.add_argument(
        "--reject",
        metavar="SHARE",
        type=reject_option,
        help="for a model that you taught: the share of clips of its own actions that its threshold keeps, such as 0.9; a clip "
        f"below the threshold is labeled {NONE!r}; with off, it always names an action (default: as the model was saved)",
    )


def rate(text: str) -> float | str:
    """Return the value of --fps; argparse reports a ValueError."""
    return text if text in ("model", "file") else float(text)


def model_of(options: argparse.Namespace) -> tuple[VideoModel, list[str]]:
    """Return the model that the options name, loaded once for all clips, and its labels; raise ValueError without labels."""
    model = load_once(options.model, reject=options.reject or "model")
    if model.labels is None:
        raise ValueError(f"the labels of {model.name} are not known: use it in Python, with labels of your own.")
    return model, model.labels


def find_all(arguments: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Return the clips of all arguments, and "failed" for each argument that names none, which is reported."""
    clips, failed = list[Path](), list[str]()
    for argument in arguments:
        try:
            clips += find_clips(argument)
        except (OSError, VideoError, DownloadError) as error:
            failed.append(report(argument, error))
    return clips, failed


def find_clips(argument: str) -> list[Path]:
    """Return the clips of an argument: a file, the videos in a folder, an address, or a pattern that no shell expanded."""
    if argument.startswith(("http://", "https://")):
        from ..video.sources import fetch_video  # only here, because its widgets take half a second to import

        return [fetch_video(argument)]
    if "://" in argument:
        raise VideoError(f"{argument} is a stream. Save a part of it to a file first.")
    path = expanded(argument)
    if path.is_dir():
        clips = [clip for clip in sorted(path.iterdir()) if clip.suffix.lower() in VIDEO_SUFFIXES]
        if not clips:
            raise VideoError(f"{argument} is a folder without videos. Name a folder whose videos are directly in it.")
        return clips
    if has_magic(argument) and not path.exists() and (matches := sorted(glob(str(path)))):
        return [Path(match) for match in matches]
    return [path]


def report(clip: Path | str, error: OSError | VideoError | DownloadError) -> str:
    """Print why a clip cannot be read."""
    is_nameless = isinstance(error, OSError) and not error.filename
    why = f"{clip}: {in_words(error)}" if is_nameless else in_words(error)
    print(f"{PROGRAM}: {without_secrets(why)}", file=sys.stderr, flush=True)
    return "failed"
