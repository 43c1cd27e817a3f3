"""A camera that shows three actions, one after the other, again and again, with a border that tells the test which one it is.

The border is left and right of the center square, so the model does not see it.
"""

import os
from pathlib import Path

import numpy as np

from helpers import read_video, samples
from helpers.video.writing import write_video
from tests.support.camera import camera_that_shows

SIZE, FPS = 240, 10
MIDDLE = 2  # seconds of a clip that are shown, again and again
SECONDS = 7  # of an action: longer than a countdown and a recording, so that the next action can be recorded right after
CUE = 2.3  # seconds before the next action: the time to click Record, with a countdown of 3 s
COLORS = np.array([(220, 0, 0), (0, 220, 0), (0, 0, 220)], np.uint8)  # of the left border
PAIR = "seq01"
REAL = ("hug", "kick", "shake_hands")
SAMPLES = ("Crawl", "Dance", "Jump")  # if there are no real clips; none of them is among MoViNet's labels


def three_actions():
    """Return a clip for each of three actions: real ones of one pair of people if REAL_ACTIONS names their folder."""
    folder = os.environ.get("REAL_ACTIONS")
    if not folder:
        return {action: samples[f"v_{action}_g01_c01.avi"] for action in SAMPLES}
    rows = [line.split("\t") for line in Path(folder, "manifest.tsv").read_text(encoding="utf-8").splitlines()]
    found = {row[1]: Path(folder, row[0]) for row in rows if row[1] in REAL and row[2] == PAIR}
    return {action: found[action] for action in REAL}


def camera_with(clips, folder):
    """Return the arguments for a browser whose camera shows clips one after the other, in a loop."""
    count, cue = round(SECONDS * FPS), round(CUE * FPS)
    shown = []
    for color, clip in zip(COLORS, clips):
        square = middle(read_video(clip, 0, SIZE, 1.0, FPS, min_frames=1))
        frames = np.zeros((count, SIZE, SIZE * 4 // 3, 3), np.uint8)
        margin = SIZE // 6
        frames[:, :, margin:-margin] = square[np.arange(count) % len(square)]
        frames[:, :, :margin] = color
        frames[-cue:, :, -margin:] = 255
        shown.append(frames)
    return camera_that_shows(write_video(np.concatenate(shown), folder / "actions.mp4", FPS, crf=0), folder / "actions.y4m")


def middle(frames):
    """Return the seconds in the middle of a clip, where the action is: before and after, all real clips show the same."""
    return frames[max(0, (len(frames) - MIDDLE * FPS) // 2) :][: MIDDLE * FPS]


# In a page, for add_init_script after WATCH: `seen()` is the number of the action that the camera shows, since when (in seconds)
# it is shown, and whether the cue for the next one has just come: a recording that starts late would contain two actions. `live`
# lists each prediction with what was shown.
SEEN = """
    const eye = Object.assign(document.createElement("video"), { muted: true });
    const pixel = Object.assign(document.createElement("canvas"), { width: 16, height: 1 }).getContext("2d");
    let [last, since, cued] = [-1, 0, null];
    window.live = [];
    window.seen = () => {
        if (eye.srcObject !== streams.at(-1)) { eye.srcObject = streams.at(-1); eye.play(); }
        if (!eye.videoWidth) return { action: -1 };
        pixel.drawImage(eye, 0, 0, 16, 1);
        const { data } = pixel.getImageData(0, 0, 16, 1);
        const left = [...data.slice(0, 3)];
        const action = left.indexOf(Math.max(...left));
        const now = performance.now();
        if (action !== last) [last, since] = [action, now];
        cued = data[4 * 15] > 128 ? (cued ?? now) : null;
        return { action, soon: cued !== null && now - cued < 500, seconds: (now - since) / 1000 };
    };
    setInterval(() => streams.length && seen(), 50);
    document.addEventListener("prediction", ({ detail }) => live.push({ ...seen(), label: detail.top[0][0] }));
"""
