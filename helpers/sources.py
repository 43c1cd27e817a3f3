"""Where a video of the reader's own comes from, and where an annotated one goes."""

import os
import re
import subprocess
import warnings
from itertools import chain, count, islice
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

import cv2
import numpy as np
from pooch.utils import unique_file_name

from .plumbing.cache import cache_folder
from .plumbing.download import download
from .plumbing.messages import without_credentials
from .video import VideoError, credible_fps, header, iterate_frames, require_fps

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".avi")  # of containers for H.264

if TYPE_CHECKING:
    import ipywidgets


def join_clips(clips, path, repeat=1, fps=25):
    """Write clips one after another into one video file.

    Parameters
    ----------
    clips : list of str or Path
        Videos of the same size.
    path : str or Path
        The video to write: H.264 in MP4. Nothing is lost but color at half its resolution (yuv420p, with a constant rate factor
        of 0), so that the model sees what it sees in the clips. Sound is left out.
    repeat : int
        How often each clip is played before the next.
    fps : float
        Frames per second of the result. Clips at another rate are resampled and keep their duration.

    Returns
    -------
    Path
    """
    frames = (frame for clip in clips for _ in range(repeat) for frame in iterate_frames(clip, fps))
    return write_video(frames, path, fps, crf=0)


def write_video(frames, path, fps: float = 25, crf=28):
    """Write frames to a file that browsers play.

    Parameters
    ----------
    frames : iterable of numpy.ndarray
        uint8 `[H, W, 3]`, RGB.
    path : str or Path
        The video to write, H.264, to a name that ends in .mp4 (or .m4v, .mov, .mkv, .avi); `~` is the home folder. Written
        atomically: complete, or not at all.
    fps : float
        Frames per second.
    crf : int
        H.264's constant rate factor, from 0 (nothing is lost after the conversion to yuv420p, but not every browser plays it)
        to 51 (the smallest file).

    Returns
    -------
    Path

    Raises
    ------
    VideoError
        If there are no frames.
    ValueError
        If `path` has no such suffix, or `fps` is not a rate.
    """
    import imageio

    require_fps(fps)
    path, count = Path(os.path.expanduser(path)), 0
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"the video's name is {path.name!r}: needed one that ends in .mp4 (or {', '.join(SUFFIXES[1:])}).")
    part = path.with_name(f"part-{path.name}")
    try:
        with imageio.get_writer(part, fps=fps, codec="libx264", macro_block_size=None, output_params=["-crf", str(crf)]) as writer:
            for count, frame in enumerate(frames, start=1):
                height, width = frame.shape[:2]
                writer.append_data(frame[: height // 2 * 2, : width // 2 * 2])  # H.264 takes even sizes only
        if not count:
            raise VideoError(f"there are no frames to write to {path.name}.")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def annotate(video, timeline, path):
    """Write a copy of a video that says in each frame what is seen at that time; return its path.

    The copy keeps the video's sound, duration, and the frame rate that its header states. A video whose rate varies is
    resampled to that rate, so that pictures, text and sound stay together.

    Parameters
    ----------
    video : str or Path
        The video that the timeline is about.
    timeline : Timeline
        What `predict_timeline` returned.
    path : str or Path
        The video to write; H.264 in MP4.
    """
    timeline.require_answers()
    fps = header(video)[1]
    probabilities = timeline.probabilities
    best = probabilities.argmax(axis=1)

    def annotated():
        for i, frame in enumerate(iterate_frames(video, fps)):
            answer = int(np.abs(timeline.seconds - i / fps).argmin())
            label = timeline.labels[best[answer]]
            yield with_caption(frame, f"{label} {probabilities[answer, best[answer]]:.0%}")

    return add_sound(write_video(annotated(), path, fps), video)


def add_sound(path, source):
    """Add the sound of another video, if it has any, to a video; return its path."""
    import imageio_ffmpeg

    part = path.with_name(f"part-{path.name}")
    videos = ["-i", path.absolute(), "-i", Path(os.path.expanduser(source)).absolute()]
    streams = ["-map", "0:v", "-map", "1:a:0?", "-c:v", "copy", "-c:a", "aac"]  # "?": the other may have no sound
    try:
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "quiet", "-nostdin", *videos, *streams, part], check=True)
        part.replace(path)
    except subprocess.CalledProcessError:
        warnings.warn(f"the sound of {Path(source).name} cannot be copied: {path.name} has none.", stacklevel=3)
    finally:
        part.unlink(missing_ok=True)
    return path


def with_caption(frame, text):
    """Write a line of text under a frame, white on black; uint8 `[H + 24, W, 3]`."""
    bar = np.zeros((24, frame.shape[1], 3), np.uint8)
    cv2.putText(bar, text, (6, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return np.vstack([frame, bar])


def upload_button(folder: str | Path = ".") -> "ipywidgets.VBox":
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
    import ipywidgets

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
        fps = credible_fps(capture.get(cv2.CAP_PROP_FPS))  # drivers report 0, -1 or NaN
        return write_video(islice(camera_frames(capture), round(seconds * fps)), path, fps)
    finally:
        capture.release()


def camera_frames(capture):
    while True:
        decoded, frame = capture.read()
        if not decoded:
            return
        yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
