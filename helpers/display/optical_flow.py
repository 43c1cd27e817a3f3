"""Optical flow: the displacement of each pixel from one frame to the next."""

import cv2
import numpy as np
from matplotlib.colors import hsv_to_rgb

from ..video.preprocessing import require_rgb
from .alternative_text import Picture, described, panels

SPACING = 14  # pixels between arrows


def optical_flow(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the displacement of each pixel to the right and down, in pixels, float32 `[H, W, 2]`.

    The method is Farneback's, "Two-Frame Motion Estimation Based on Polynomial Expansion", SCIA 2003. It is
    quick, and good enough for a picture; I3D's input is in `video.optical_flow`.
    """
    gray = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (before, after)]
    flow = np.zeros((*before.shape[:2], 2), np.float32)
    return np.asarray(cv2.calcOpticalFlowFarneback(gray[0], gray[1], flow, 0.5, 3, 15, 3, 5, 1.2, 0))


def flow_colors(flow: np.ndarray, largest: float) -> np.ndarray:
    """Color flow, float `[..., 2]`: the hue is the direction, and white is no movement; float `[..., 3]` in [0, 1]."""
    hue = (np.arctan2(-flow[..., 1], flow[..., 0]) / (2 * np.pi)) % 1  # counterclockwise from the right
    strength = np.clip(np.hypot(flow[..., 0], flow[..., 1]) / largest, 0, 1)
    return hsv_to_rgb(np.stack([hue, strength, np.ones_like(hue)], axis=-1))


def draw_optical_flow(frames: np.ndarray, alt: str = "") -> Picture:
    """Draw the first two frames, and the optical flow between them with its color wheel.

    Parameters
    ----------
    frames : numpy.ndarray
        uint8 `[T, H, W, 3]`, T at least 2, such as `clip[30:32]`.
    alt : str
        What the frames show, in one phrase; the amount of motion is added to the alternative text.

    Raises
    ------
    ValueError
        If the values are not as stated; the message says what is wrong.
    """
    require_rgb(frames, "[T, H, W, 3]")
    if len(frames) < 2:
        raise ValueError(f"optical flow requires two frames, such as clip[30:32], not {len(frames)}.")
    flow = optical_flow(frames[0], frames[1])
    speed = np.hypot(flow[..., 0], flow[..., 1])
    largest = max(float(np.percentile(speed, 99.5)), 1e-3)
    figure, [[first, second, field, wheel]] = panels(10.5, 3, columns=4, width_ratios=[1, 1, 1, 0.6])
    first.imshow(frames[0])
    second.imshow(frames[1])
    field.imshow(flow_colors(flow, largest))
    draw_arrows(field, flow, largest)
    draw_wheel(wheel, largest)
    for axis, title in zip(figure.axes, ("one frame", "the next", "optical flow", "color: direction")):
        axis.set_title(title, fontsize=11)
    moving = f"at {(speed > 1).mean():.0%} of the pixels, the estimate exceeds one pixel; the largest is about {largest:.0f}"
    shown = f"{alt.rstrip('.')}, in two frames" if alt else "Two frames of a clip"
    found = f"The optical flow between them in colors and arrows: {moving}."
    return Picture(figure, described(shown, found), colors=0)


def draw_arrows(axis, flow, largest):
    """Draw an arrow at every 14th pixel, if it moves by at least a fifth of the largest displacement."""
    rows, columns = np.mgrid[SPACING // 2 : flow.shape[0] : SPACING, SPACING // 2 : flow.shape[1] : SPACING]
    right, down = flow[rows, columns].transpose(2, 0, 1)
    moves = np.hypot(right, down) > largest / 5
    arrows = [values[moves] for values in (columns, rows, right, down)]
    axis.quiver(*arrows, angles="xy", scale_units="xy", scale=largest / (1.6 * SPACING), width=0.008)


def draw_wheel(axis, largest):
    """Draw a color wheel with the color of each direction and speed."""
    y, x = np.mgrid[-1:1:201j, -1:1:201j]
    colors = flow_colors(np.stack([x, y], axis=-1), 1)
    colors[np.hypot(x, y) > 1] = 1
    axis.imshow(colors, extent=(-1, 1, 1, -1))
    axis.text(0, 1.15, f"rim: {largest:.0f} pixels", ha="center", va="top", fontsize=10)
    axis.set(xlim=(-1.1, 1.1), ylim=(1.5, -1.1))
