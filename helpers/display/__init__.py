"""Figures, animations, and alternative text for the notebooks.

Every `draw_*` function returns a `Picture`, which is displayed in a notebook with alternative text generated from its data.
"""

import lazy_loader

# __init__.pyi lists the exported names. Each name is imported on first use, because some figures need TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
