"""Where a video of the reader's own comes from, and where an annotated one goes."""

from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np

from .download import cache_folder, download
from .video import VideoError, iterate_frames


def join_clips(clips, path, repeat=1, fps=25):
    """Write clips one after another into one video file.

    Parameters
    ----------
    clips : list of str or Path
        Videos of the same size.
    path : str or Path
        The video to write; H.264 in MP4.
    repeat : int
        How often each clip is played before the next.
    fps : float
        Frames a second.

    Returns
    -------
    Path
    """
    frames = (frame for clip in clips for _ in range(repeat) for frame in iterate_frames(clip))
    return write_video(frames, path, fps)


def write_video(frames, path, fps=25):
    """Write frames, uint8 `[H, W, 3]` RGB each, to a file that browsers play; return its path."""
    import imageio.v3 as iio

    path, frames = Path(path), iter(frames)
    with iio.imopen(path, "w", plugin="FFMPEG") as video:
        first = next(frames, None)
        if first is None:
            raise VideoError(f"there are no frames to write to {path.name}.")
        ...
    return path


def fetch_video(url):
    """Fetch a video from a web address into the cache; return its path.

    Raises
    ------
    DownloadError
        If the server refuses, cannot be reached or verified.
    VideoError
        If what it sends is no video.
    """
    path = download(url, cache_folder() / "videos" / (Path(urlsplit(url).path).name or "video"))
    next(iterate_frames(path))
    return path


def record_webcam(path, seconds=5, camera=0):
    """Record from a camera of this computer; return the path of the video.

    Raises
    ------
    VideoError
        If there is no camera, or it gives no pictures: on Colab, Binder or in a container there is none.
    """
    capture = cv2.VideoCapture(camera)
    try:
        if not capture.isOpened():
            raise VideoError(f"no camera {camera} was found here: use a video file, or run the notebook on a computer with one.")
        fps = capture.get(cv2.CAP_PROP_FPS) or 25
        return write_video(islice(camera_frames(capture), round(seconds * fps)), path, fps)
    finally:
        capture.release()


def camera_frames(capture):
    while True:
        decoded, frame = capture.read()
        if not decoded:
            return
        yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
