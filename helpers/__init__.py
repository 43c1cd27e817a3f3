"""Helpers for the notebooks, one topic per file.

>>> from helpers import samples, read_video
>>> frames = read_video(samples["v_Cartwheel_g01_c01.avi"])
>>> frames.shape, frames.dtype
((64, 224, 224, 3), dtype('uint8'))
"""

import os

import lazy_loader

from .basics.processor import enable_onednn

# TensorFlow and OpenCV read these variables on import. Without them, log lines fill the first cell.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENCV_LOG_LEVEL", "FATAL")
enable_onednn()

# __init__.pyi lists the exported names, for editors too. Each name is imported on first use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
