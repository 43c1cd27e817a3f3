"""The helpers that the notebooks call: one idea a file.

>>> from helpers import samples, read_video
>>> frames = read_video(samples["v_Cartwheel_g01_c01.avi"])
>>> frames.shape, frames.dtype
((64, 224, 224, 3), dtype('uint8'))
"""

import os

# TensorFlow and OpenCV read these once, when they are loaded; without them their notes fill the first cell.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENCV_LOG_LEVEL", "FATAL")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

from .processor import enable_onednn

enable_onednn()  # before anything imports TensorFlow

from .animation import to_gif
from .kinetics import kinetics_labels, label_cloud
from .model import load_i3d, load_keras_i3d
from .pictures import picture
from .prediction import Prediction, predict
from .timeline import Timeline, predict_timeline
from .ucf101 import UCF101, samples
from .video import crop_center_square, read_video

__all__ = [
    "UCF101",
    "Prediction",
    "Timeline",
    "crop_center_square",
    "kinetics_labels",
    "label_cloud",
    "load_i3d",
    "load_keras_i3d",
    "picture",
    "predict",
    "predict_timeline",
    "read_video",
    "samples",
    "to_gif",
]
