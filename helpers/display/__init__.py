"""What the notebooks show: figures, animations, and alternative text.

Every `draw_*` function returns a `Picture`, which shows itself in a notebook with alternative text from its own data.
"""

import lazy_loader

# What is exported is listed in __init__.pyi; it is imported on first use, because some figures need TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
