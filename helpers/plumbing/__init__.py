"""Cache, downloads and messages: infrastructure that a reader of the lesson may skip."""

import lazy_loader

# TensorFlow takes seconds to import, and MoViNet does without: `from . import plumbing`, then `plumbing.quiet.tf`.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
