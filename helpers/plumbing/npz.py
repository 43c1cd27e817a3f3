"""The errors that reading a damaged `.npz` file raises, from NumPy, from zipfile and from zlib."""

import zipfile
import zlib

DAMAGED = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
