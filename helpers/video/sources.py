"""Get your own videos: upload a file, download one, or record with a camera."""

import re
import time
from itertools import chain, count
from pathlib import Path, PureWindowsPath

import cv2
import ipywidgets
import numpy as np
from pooch.utils import unique_file_name

from ..basics.cache import cache_folder, expanded
from ..basics.download import download
from ..basics.files import replacing
from ..basics.messages import without_credentials, without_secrets
from .metadata import VideoError
from .reading import iterate_frames
from .writing import require_video_name, write_video

# JupyterLab's server closes the connection to the kernel if a message is larger.
UPLOAD_LIMIT = "Up to 10 MB. Drag a larger video from your computer into the file browser on the left."


def upload_button(folder: str | Path = ".") -> ipywidgets.VBox:
    """Return a button that uploads a video from the browser's computer and prints a line of code that uses it.

    Parameters
    ----------
    folder : str or Path
        Folder for the video. Existing files are not overwritten: if `clip.mp4` exists, the video is saved as `clip-2.mp4`.
    """
    # The label ends with the number of files, and would be cut off at the usual width.
    wide = ipywidgets.Layout(width="max-content")
    button = ipywidgets.FileUpload(accept="video/*", multiple=False, description="Upload a video", layout=wide)
    output = ipywidgets.Output()

    def save(change):
        with output:  # without it, errors in a callback are lost
            value = change["new"]  # a dict in ipywidgets 7, which Colab has, and a tuple in 8
            files = value.items() if isinstance(value, dict) else [(file["name"], file) for file in value]
            for name, file in files:
                print(_save_upload(folder, name, file["content"]))

    button.observe(save, "value")
    return ipywidgets.VBox([button, ipywidgets.Label(UPLOAD_LIMIT), output])


def _save_upload(folder: str | Path, name: str, content: bytes) -> str:
    """Save an uploaded video in a folder without overwriting a file; return a message for the reader."""
    name = PureWindowsPath(name).name  # drops folders, with either kind of slash
    names = chain([name], (f"{Path(name).stem}-{i}{Path(name).suffix}" for i in count(2)))
    short = name if len(name) <= 60 else f"{name[:60]}…"
    try:
        path = next(path for path in map(expanded(folder).joinpath, names) if not path.exists())
        with replacing(path) as part:
            part.write_bytes(content)
            next(iterate_frames(part))
    except VideoError as error:
        return f"Not saved: {str(error).replace(without_secrets(part), short)}"
    except (OSError, ValueError) as error:  # ValueError: a name that contains the character 0
        why = getattr(error, "strerror", None) or error
        return f"{short!r} could not be saved in {folder}: {why}. Rename it, or choose another folder: upload_button(folder)."
    note = "" if path.name == name else f"{name} already exists and was not overwritten. "
    return f"{note}Saved; to use it: video = {path.as_posix()!r}"


def fetch_video(url: str) -> Path:
    """Download a video, unless it is in the cache, and return its path, which ends with the file name in the URL.

    Parameters
    ----------
    url : str
        An https URL of a video file, not of a web page with a video. Each URL is cached separately, including its query.

    Raises
    ------
    DownloadError, VideoError
        If the server refuses, or cannot be reached or verified; if the file is not a video.
    """
    digest, name = unique_file_name(without_credentials(url)).split("-", maxsplit=1)
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", name)[-100:]  # Windows forbids some characters, and all systems forbid very long names
    path = download(url, cache_folder() / "videos" / f"{digest}-{name}")
    try:
        next(iterate_frames(path))
    except VideoError:
        path.unlink()
        raise
    return path


def record_webcam(path: str | Path, seconds: float = 5, camera: int = 0) -> Path:
    """Record a video without sound with a camera of this computer, and return its path.

    The frame rate is measured, because drivers report another one than cameras deliver in dim light. Until the end, the frames
    are in memory, about 5 MB for each second of 1280 x 720 pixels.

    Parameters
    ----------
    path : str or Path
        The video to write; its name ends as in `join_clips`.
    seconds : float
        Duration of the recording.
    camera : int
        OpenCV's index of the camera.

    Raises
    ------
    VideoError
        If there is no camera, or it returns fewer than three frames. Colab, Binder and containers have no camera.
    ValueError
        If the suffix of `path` is not supported, or `seconds` is not positive.
    OSError
        If the file cannot be written.
    """
    require_video_name(path)
    if not 0 < seconds < float("inf"):
        raise ValueError(f"seconds must be positive and finite, not {seconds}.")
    with replacing(path) as part:  # fails before the recording if the file cannot be written
        capture = cv2.VideoCapture(camera)
        try:
            if not capture.isOpened():
                raise VideoError(
                    f"no camera {camera} was found: use a video file, or run the notebook on a computer with a camera."
                )
            images, times = _record(capture, seconds)
        finally:
            capture.release()
        if len(images) < 3 or times[0] == times[-1]:
            found = f"camera {camera} returned fewer than 3 frames in {seconds:g} seconds"
            raise VideoError(f"{found}. Does another program use it?")
        # The last frame only tells how long the one before it lasted. OpenCV's order of colors is BGR.
        frames = (cv2.imdecode(image, cv2.IMREAD_COLOR)[..., ::-1] for image in images[:-1])  # type: ignore[index]
        write_video(frames, part, (len(images) - 1) / (times[-1] - times[0]))
    return expanded(path)


def _record(capture: cv2.VideoCapture, seconds: float) -> tuple[list[np.ndarray], list[float]]:
    """Return the frames of a camera as JPEG, which is quicker than encoding a video, and the times at which they came."""
    images: list[np.ndarray] = []
    times: list[float] = []
    while not times or times[-1] - times[0] < seconds:
        decoded, frame = capture.read()
        if not decoded:
            break
        times.append(time.monotonic())
        images.append(cv2.imencode(".jpg", frame)[1])
    return images, times
