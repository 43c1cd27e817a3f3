"""Videos of the reader's own: an upload, a web address, a camera."""

import re
from itertools import chain, count, islice
from pathlib import Path, PureWindowsPath

import cv2
import ipywidgets
from pooch.utils import unique_file_name

from .plumbing.cache import cache_folder
from .plumbing.download import download
from .plumbing.messages import without_credentials
from .preprocessing import I3D_FPS
from .resampling import credible_fps
from .video import VideoError, iterate_frames
from .video_writer import write_video


def upload_button(folder: str | Path = ".") -> ipywidgets.VBox:
    """Return a button that copies a video from the reader's computer into a folder and prints the line that uses it.

    Parameters
    ----------
    folder : str or Path
        Where the video is saved; by default the working folder. A file that is already there is kept, and the video gets a
        number: `clip-2.mp4`.

    Returns
    -------
    ipywidgets.VBox
        The button, and below it what happened, errors included.
    """
    button = ipywidgets.FileUpload(accept="video/*", multiple=False, description="Upload a video")
    output = ipywidgets.Output()

    def save(change):
        with output:  # shows errors, too, which a callback otherwise loses
            for name, content in uploaded_files(change["new"]):
                print(save_upload(folder, name, content))

    button.observe(save, "value")
    return ipywidgets.VBox([button, output])


def uploaded_files(value):
    """Return the name and content of each file in the value of a `FileUpload`: a dict in ipywidgets 7, then a tuple."""
    if isinstance(value, dict):
        return [(name, file["content"]) for name, file in value.items()]
    return [(file["name"], file["content"]) for file in value]


def save_upload(folder, name, content):
    """Write an uploaded file into a folder, under its own name or a numbered one; return what to tell the reader."""
    name = PureWindowsPath(name).name  # without folders, whichever slash divides them
    names = chain([name], (f"{Path(name).stem}-{i}{Path(name).suffix}" for i in count(2)))
    path = next(path for path in map(Path(folder).expanduser().joinpath, names) if not path.exists())
    try:
        path.write_bytes(content)
    except OSError as error:
        return f"{name} could not be saved in {folder}: {error.strerror}. Name another folder: upload_button(folder)."
    kept = "" if path.name == name else f"{name} already exists and was kept. "
    return f"{kept}Saved; to use it: video = {path.as_posix()!r}"


def fetch_video(url: str) -> Path:
    """Download a video from a web address, unless it is in the cache; return its path.

    Parameters
    ----------
    url : str
        An https address that leads to a video file, not to a page that shows one. Two addresses are two files, even if they
        differ in the query only.

    Returns
    -------
    Path
        The file in the cache. Its name ends like the address, so that its container can be recognized.

    Raises
    ------
    DownloadError
        If the server refuses, cannot be reached or verified.
    VideoError
        If it sends something else than a video.
    """
    digest, name = unique_file_name(without_credentials(url)).split("-", maxsplit=1)
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", name)[-100:]  # Windows forbids some characters, and every system very long names
    path = download(url, cache_folder() / "videos" / f"{digest}-{name}")
    try:
        next(iterate_frames(path))
    except VideoError:
        path.unlink()
        raise
    return path


def record_webcam(path: str | Path, seconds: float = 5, camera: int = 0) -> Path:
    """Record a video with a camera of this computer, without sound.

    Parameters
    ----------
    path : str or Path
        The video to write; H.264 in MP4.
    seconds : float
        Duration of the recording.
    camera : int
        Number of the camera, as OpenCV counts them.

    Returns
    -------
    Path

    Raises
    ------
    VideoError
        If there is no camera, or it returns no pictures: on Colab, on Binder, and in a container there is none.
    """
    capture = cv2.VideoCapture(camera)
    try:
        if not capture.isOpened():
            raise VideoError(f"no camera {camera} was found here: use a video file, or run the notebook on a computer with one.")
        fps = credible_fps(capture.get(cv2.CAP_PROP_FPS), I3D_FPS)  # drivers report 0, -1 or NaN
        return write_video(islice(camera_frames(capture), round(seconds * fps)), path, fps)
    finally:
        capture.release()


def camera_frames(capture):
    while True:
        decoded, frame = capture.read()
        if not decoded:
            return
        yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
