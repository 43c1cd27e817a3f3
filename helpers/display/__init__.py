"""Figures and animations for all notebooks: `draw_*` functions return a `Picture`, with alternative text made from its data."""

import lazy_loader

# __init__.pyi lists the exported names. Each name is imported on first use, because some figures need TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
