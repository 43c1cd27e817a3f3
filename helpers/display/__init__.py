"""Figures and animations, each with alternative text that is generated from its data. All notebooks show them.

Every `draw_*` function returns a `Picture`.
"""

import lazy_loader

# __init__.pyi lists the exported names. Each name is imported on first use, because some figures need TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
