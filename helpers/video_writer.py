"""Write videos: frames, clips joined end to end, and copies with captions."""

import os
import subprocess
import warnings
from collections.abc import Iterable
from pathlib import Path

import cv2
import imageio
import imageio_ffmpeg
import numpy as np

from .preprocessing import I3D_FPS
from .resampling import require_fps
from .timeline import Timeline
from .video import VideoError, iterate_frames, read_metadata

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".avi")  # of containers for H.264


def join_clips(clips: Iterable[str | Path], path: str | Path, repeat: int = 1, fps: float = I3D_FPS) -> Path:
    """Write clips one after another into one video file.

    Parameters
    ----------
    clips : list of str or Path
        Videos of the same size.
    path : str or Path
        The video to write: H.264 in MP4. Lossless, but with color at half resolution (yuv420p, with a constant rate factor
        of 0), so that the model sees what it sees in the clips. Sound is left out.
    repeat : int
        How often each clip is repeated.
    fps : float
        Frames per second of the result. Clips at another rate are resampled and keep their duration.

    Returns
    -------
    Path
    """
    frames = (frame for clip in clips for _ in range(repeat) for frame in iterate_frames(clip, fps))
    return write_video(frames, path, fps, crf=0)


def write_video(frames: Iterable[np.ndarray], path: str | Path, fps: float = I3D_FPS, crf: int = 28) -> Path:
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
    require_fps(fps)
    path, count = Path(os.path.expanduser(path)), 0
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"the video's name is {path.name!r}: needed one that ends in .mp4 (or {', '.join(SUFFIXES[1:])}).")
    part = path.with_name(f"part-{path.name}")
    try:
        with imageio.get_writer(
            part, fps=fps, codec="libx264", macro_block_size=None, output_params=["-crf", str(crf)]
        ) as writer:
            for frame in frames:
                count += 1
                height, width = frame.shape[:2]
                even = frame[: height // 2 * 2, : width // 2 * 2]  # as H.264 needs
                writer.append_data(even)  # type: ignore[attr-defined]
        if not count:
            raise VideoError(f"there are no frames to write to {path.name}.")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def annotate(video: str | Path, timeline: Timeline, path: str | Path) -> Path:
    """Write a copy of a video with a caption in each frame: the top-1 action at that time, and its probability.

    The copy keeps the video's sound, duration, and the frame rate that its header states, up to 60. A video whose rate varies is
    resampled to that rate, so that pictures, text and sound stay together.

    Parameters
    ----------
    video : str or Path
        The video of the timeline.
    timeline : Timeline
        What `predict_timeline` returned.
    path : str or Path
        The video to write; H.264 in MP4.

    Returns
    -------
    Path

    Warns
    -----
    UserWarning
        If the sound cannot be copied.

    Raises
    ------
    ValueError
        If the timeline is empty, or `path` has another suffix than `write_video` accepts.
    VideoError
        If the video cannot be decoded.
    """
    timeline.require_predictions()
    fps = min(read_metadata(video).fps, 60)  # a recording of a browser may state 1000
    probabilities = timeline.probabilities
    best = probabilities.argmax(axis=1)

    def annotated():
        for i, frame in enumerate(iterate_frames(video, fps)):
            prediction = int(np.abs(timeline.seconds - i / fps).argmin())
            label = timeline.labels[best[prediction]]
            yield with_caption(frame, f"{label} {probabilities[prediction, best[prediction]]:.0%}")

    return add_sound(write_video(annotated(), path, fps), video)


def add_sound(path, source):
    """Add the sound of another video, if it has any, to a video; return its path."""
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
