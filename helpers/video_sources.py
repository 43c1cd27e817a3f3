"""Get your own videos: upload a file, download one, or record with a camera."""

import re
from collections.abc import Iterator
from itertools import chain, count, islice
from pathlib import Path, PureWindowsPath

import cv2
import ipywidgets
import numpy as np
from pooch.utils import unique_file_name

from .plumbing.cache import cache_folder
from .plumbing.download import download
from .plumbing.messages import without_credentials
from .preprocessing import I3D_FPS
from .resampling import credible_fps
from .video import iterate_frames
from .video_metadata import VideoError
from .video_writer import write_video


def upload_button(folder: str | Path = ".") -> ipywidgets.VBox:
    """Return a button that uploads a video from the browser's computer and prints a line of code that uses it.

    Parameters
    ----------
    folder : str or Path
        Folder for the video; by default the working folder. Existing files are not overwritten: if `clip.mp4` exists, the
        video is saved as `clip-2.mp4`.

    Returns
    -------
    ipywidgets.VBox
        The button. Messages and errors appear below it.
    """
    button = ipywidgets.FileUpload(accept="video/*", multiple=False, description="Upload a video")
    output = ipywidgets.Output()

    def save(change):
        with output:  # without it, errors in a callback are lost
            for name, content in _uploaded_files(change["new"]):
                print(_save_upload(folder, name, content))

    button.observe(save, "value")
    return ipywidgets.VBox([button, output])


def _uploaded_files(value: dict | tuple) -> list[tuple[str, bytes]]:
    """Return the name and content of each file in a `FileUpload.value`: a dict in ipywidgets 7, a tuple in 8."""
    if isinstance(value, dict):
        return [(name, file["content"]) for name, file in value.items()]
    return [(file["name"], file["content"]) for file in value]


def _save_upload(folder: str | Path, name: str, content: bytes) -> str:
    """Write an uploaded file into a folder without overwriting any; return a message for the reader."""
    name = PureWindowsPath(name).name  # drops folders, with either kind of slash
    names = chain([name], (f"{Path(name).stem}-{i}{Path(name).suffix}" for i in count(2)))
    path = next(path for path in map(Path(folder).expanduser().joinpath, names) if not path.exists())
    try:
        path.write_bytes(content)
    except OSError as error:
        return f"{name} could not be saved in {folder}: {error.strerror}. Choose another folder: upload_button(folder)."
    note = "" if path.name == name else f"{name} already exists and was not overwritten. "
    return f"{note}Saved; to use it: video = {path.as_posix()!r}"


def fetch_video(url: str) -> Path:
    """Download a video, unless it is in the cache, and return its path.

    Parameters
    ----------
    url : str
        An https URL of a video file, not of a web page with a video. Each URL is cached separately, including its query.

    Returns
    -------
    Path
        The file in the cache. Its name ends with the file name in the URL.

    Raises
    ------
    DownloadError
        If the server refuses, or cannot be reached or verified.
    VideoError
        If the file is not a video.
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
    """Record a video without sound with a camera of this computer.

    Parameters
    ----------
    path : str or Path
        The video to write, as in `write_video`.
    seconds : float
        Duration of the recording, in seconds.
    camera : int
        OpenCV's index of the camera.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    VideoError
        If there is no camera, or it returns no frames. Colab, Binder and containers have no camera.
    ValueError
        If the suffix of `path` is not supported.
    """
    capture = cv2.VideoCapture(camera)
    try:
        if not capture.isOpened():
            raise VideoError(f"no camera {camera} was found: use a video file, or run the notebook on a computer with a camera.")
        fps = credible_fps(capture.get(cv2.CAP_PROP_FPS), I3D_FPS)  # some drivers report 0, -1 or NaN
        return write_video(islice(_camera_frames(capture), round(seconds * fps)), path, fps)
    finally:
        capture.release()


def _camera_frames(capture: cv2.VideoCapture) -> Iterator[np.ndarray]:
    while True:
        decoded, frame = capture.read()
        if not decoded:
            return
        yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
