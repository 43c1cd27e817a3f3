"""Chromium's stand-in for a camera, which shows a clip again and again."""

import subprocess

import imageio_ffmpeg

CAMERA = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"
DENIED = "--deny-permission-prompts"


def camera_that_shows(clip, y4m):
    """Write the uncompressed video that Chromium needs; return the arguments that make it the picture of the camera."""
    scale = ["-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2", "-pix_fmt", "yuv420p"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-i", clip, *scale, y4m], check=True)
    return [CAMERA, f"--use-file-for-fake-video-capture={y4m}"]


# How often pictures are drawn to a canvas from now on, in `drawn`: for evaluate.
COUNT_DRAWINGS = """() => {
    const draw = CanvasRenderingContext2D.prototype.drawImage;
    window.drawn = 0;
    CanvasRenderingContext2D.prototype.drawImage = function (...values) { drawn += 1; draw.apply(this, values); };
}"""

# What a page does with cameras, and what it shows: for add_init_script.
WATCH = """
    window.streams = []; window.predictions = [];
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => { const s = await open(wanted); streams.push(s); return s; };
    document.addEventListener("prediction", ({ detail }) => predictions.push({ ...detail, now: performance.now() }));
"""
