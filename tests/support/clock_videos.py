"""Videos that encode time: the gray level of each frame is 100 times its time in seconds."""

import subprocess

import av
import imageio_ffmpeg
import numpy as np


def ffmpeg(*arguments):
    """Run FFmpeg and return its standard output."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-nostdin", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def write_clock(path, rate, frames, start=0.0, size=(64, 48)):
    """Write a lossless video. `start` is the time in seconds that the first frame encodes."""
    writer = imageio_ffmpeg.write_frames(
        str(path), size, pix_fmt_in="gray", fps=rate, codec="ffv1", pix_fmt_out="bgr0", macro_block_size=1
    )
    writer.send(None)
    for i in range(frames):
        writer.send(np.full(size[::-1], round(100 * (start + i / rate)), np.uint8))
    writer.close()
    return path


def write_changing_clock(path, size=(64, 48)):
    """Write a video with a variable frame rate: one second at 30 frames per second, then one second at 60."""
    slow = write_clock(path.with_name("slow.mkv"), 30, 30, size=size)
    fast = write_clock(path.with_name("fast.mkv"), 60, 60, start=1.0, size=size)
    playlist = path.with_name("playlist.txt")
    playlist.write_text(f"file '{slow.name}'\nfile '{fast.name}'\n")
    ffmpeg("-f", "concat", "-i", playlist, "-c", "copy", path)
    return path


def times(frames):
    """Return the seconds that frames encode."""
    return np.array([frame.mean() / 100 for frame in frames])


def record_opened(monkeypatch):
    """Return a list of the videos that are opened from now on."""
    opened, open_video = [], av.open

    def record(address, *arguments, **options):
        opened.append(address.removeprefix("file:"))
        return open_video(address, *arguments, **options)

    monkeypatch.setattr(av, "open", record)
    return opened
