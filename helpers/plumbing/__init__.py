"""Infrastructure: cache, downloads, weights and messages. Not needed to follow the lessons."""

import lazy_loader

# TensorFlow takes seconds to import, and MoViNet does not need it: `from . import plumbing`, then `plumbing.quiet.tf`.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
