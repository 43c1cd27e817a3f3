"""The helpers that the notebooks call: one idea a file.

>>> from helpers import samples, read_video
>>> frames = read_video(samples["v_Cartwheel_g01_c01.avi"])
>>> frames.shape, frames.dtype
((64, 224, 224, 3), dtype('uint8'))
"""

import os

import lazy_loader

from .plumbing.processor import enable_onednn

# TensorFlow and OpenCV read these once, while they are imported; without them their log fills the first cell.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENCV_LOG_LEVEL", "FATAL")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
enable_onednn()

# What is exported is listed in __init__.pyi, where editors read it; it is imported on first use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
