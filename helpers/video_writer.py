"""Write videos: from frames, from joined clips, and with captions."""

import os
import subprocess
import uuid
import warnings
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import cv2
import imageio
import imageio_ffmpeg
import numpy as np

from .preprocessing import I3D_FPS
from .resampling import require_fps
from .timeline import Timeline
from .video import iterate_frames
from .video_metadata import VideoError, read_metadata

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".avi")  # containers for H.264


def join_clips(clips: Iterable[str | Path], path: str | Path, repeat: int = 1, fps: float = I3D_FPS) -> Path:
    """Join clips into one video file.

    Parameters
    ----------
    clips : iterable of str or Path
        Videos of the same size.
    path : str or Path
        The video to write, as in `write_video`. It is lossless except for color at half resolution (yuv420p, with a constant
        rate factor of 0), so that the predictions stay nearly the same. Sound is left out.
    repeat : int
        Number of times that each clip is shown.
    fps : float
        Frames per second of the result. Clips at another rate are resampled; their durations stay the same.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, VideoError
        If a clip cannot be read.
    ValueError
        If the suffix of `path` is not supported, or `fps` is out of range.
    """
    frames = (frame for clip in clips for _ in range(repeat) for frame in iterate_frames(clip, fps))
    return write_video(frames, path, fps, crf=0)


def write_video(frames: Iterable[np.ndarray], path: str | Path, fps: float = I3D_FPS, crf: int = 28) -> Path:
    """Write frames to a video file that browsers can play.

    Parameters
    ----------
    frames : iterable of numpy.ndarray
        uint8 `[H, W, 3]`, RGB.
    path : str or Path
        The H.264 video to write, with the suffix .mp4, .m4v, .mov, .mkv or .avi; `~` is the home folder. An existing file is
        replaced only when the new one is complete.
    fps : float
        Frames per second.
    crf : int
        H.264's constant rate factor, from 0 (lossless after the conversion to yuv420p, but not every browser can play it) to
        51 (smallest file).

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    VideoError
        If there are no frames.
    ValueError
        If the suffix of `path` is not supported, or `fps` is out of range.
    """
    require_fps(fps)
    path, count = Path(os.path.expanduser(path)), 0
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"the video's name, {path.name!r}, must end in .mp4 (or {', '.join(SUFFIXES[1:])}).")
    part = _temporary(path)
    try:
        quality = ["-crf", str(crf)]
        opened = imageio.get_writer(part, fps=fps, codec="libx264", macro_block_size=None, output_params=quality)
        with closing(opened) as writer:  # after an error, a writer does not close itself
            for frame in frames:
                count += 1
                height, width = frame.shape[:2]
                even = frame[: height // 2 * 2, : width // 2 * 2]  # H.264 needs even sizes
                writer.append_data(even)  # type: ignore[attr-defined]
        if not count:
            raise VideoError(f"there are no frames to write to {path.name}.")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _temporary(path: Path) -> Path:
    """Return a hidden name next to `path` that no other file has, with its suffix, which tells FFmpeg the container."""
    return path.with_name(f".{uuid.uuid4().hex}.part{path.suffix}")


def annotate(video: str | Path, timeline: Timeline, path: str | Path) -> Path:
    """Write a copy of a video with a caption under each frame: the top-1 action at that time, and its probability.

    The copy has the sound and the duration of the video, and the frame rate in its header, but at most 60 frames per second. A
    video with a variable rate is resampled, so that frames, captions and sound stay synchronized.

    Parameters
    ----------
    video : str or Path
        The video of the timeline.
    timeline : Timeline
        A timeline from `predict_timeline`.
    path : str or Path
        The video to write, as in `write_video`.

    Returns
    -------
    Path
        The file that was written.

    Warns
    -----
    UserWarning
        If the sound cannot be copied.

    Raises
    ------
    ValueError
        If the timeline is empty, or the suffix of `path` is not supported.
    VideoError
        If the video cannot be decoded.
    """
    timeline.require_predictions()
    fps = min(read_metadata(video).fps, 60)  # the header of a browser's recording may contain 1000
    probabilities = timeline.probabilities
    best = probabilities.argmax(axis=1)

    def annotated():
        for i, frame in enumerate(iterate_frames(video, fps)):
            prediction = int(np.abs(timeline.seconds - i / fps).argmin())
            label = timeline.labels[best[prediction]]
            yield with_caption(frame, f"{label} {probabilities[prediction, best[prediction]]:.0%}")

    return _add_sound(write_video(annotated(), path, fps), video)


def _add_sound(path: Path, source: str | Path) -> Path:
    """Copy the sound of `source`, if it has any, to the video at `path`; return `path`."""
    part = _temporary(path)
    videos = ["-i", str(path.absolute()), "-i", str(Path(os.path.expanduser(source)).absolute())]
    streams = ["-map", "0:v", "-map", "1:a:0?", "-c:v", "copy", "-c:a", "aac"]  # "?": the source may have no sound
    try:
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "quiet", "-nostdin", *videos, *streams, str(part)], check=True)
        part.replace(path)
    except subprocess.CalledProcessError:
        warnings.warn(f"the sound of {Path(source).name} cannot be copied: {path.name} has no sound.", stacklevel=3)
    finally:
        part.unlink(missing_ok=True)
    return path


def with_caption(frame: np.ndarray, text: str) -> np.ndarray:
    """Add a line of white text on black below a frame.

    Parameters
    ----------
    frame : numpy.ndarray
        uint8 `[H, W, 3]`.
    text : str
        ASCII text.

    Returns
    -------
    numpy.ndarray
        uint8 `[H + 24, W, 3]`.
    """
    bar = np.zeros((24, frame.shape[1], 3), np.uint8)
    cv2.putText(bar, text, (6, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return np.vstack([frame, bar])
