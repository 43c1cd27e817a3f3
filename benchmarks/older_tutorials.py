"""Baselines: the steps of older tutorials, rewritten. The tutorial itself does not use them."""

import cv2
import numpy as np


def crop_center_square(frame):
    height, width = frame.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return frame[top : top + side, left : left + side]


def read_video(path, max_frames=0):
    """Read frames into a list, then convert them to float64 in [0, 1]."""
    capture, frames = cv2.VideoCapture(str(path)), []
    while True:
        decoded, frame = capture.read()
        if not decoded:
            break
        frames.append(cv2.resize(crop_center_square(frame), (224, 224))[:, :, [2, 1, 0]])
        if len(frames) == max_frames:
            break
    capture.release()
    return np.array(frames) / 255.0


def to_gif(frames, path, fps=25):
    """Write a GIF with one call of imageio."""
    import imageio

    imageio.mimsave(path, np.clip(frames * 255, 0, 255).astype(np.uint8), duration=1000 / fps)


def plain_module(folder):
    """Export I3D without folding batch normalization."""
    from helpers import load_keras_i3d
    from helpers.models.i3d.saved_model import export

    export(load_keras_i3d(), folder)


def first_prediction(module, clip):
    """Load a cached module and predict one clip, as in a new kernel of an older tutorial."""
    import imageio  # noqa: F401
    import tensorflow as tf
    import tensorflow_hub as hub
    from IPython import display  # noqa: F401

    model = hub.load(str(module)).signatures["default"]
    batch = tf.constant(read_video(clip), dtype=tf.float32)[tf.newaxis, ...]
    return tf.nn.softmax(model(batch)["default"][0]).numpy()


if __name__ == "__main__":
    import sys

    first_prediction(*sys.argv[1:])
