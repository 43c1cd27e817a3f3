"""What the processor can do, and the TensorFlow kernels that make use of it."""

import os
import platform
import sys
import warnings
from pathlib import Path

# TensorFlow turns its oneDNN kernels on by itself only on Linux, and there only on processors with one of these.
ONEDNN_FLAGS = {"avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16"}


def processor_flags() -> set[str]:
    """Return the processor's features as Linux lists them; empty on other systems."""
    try:
        return set(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return set()


def enable_onednn() -> None:
    """Turn on TensorFlow's oneDNN kernels, unless the reader has set TF_ENABLE_ONEDNN_OPTS.

    Without them, I3D takes about twice as long on processors that have AVX2 but neither AVX512_VNNI, AVX512_BF16, nor AMX,
    which is what most computers have. The logits are the same up to rounding. TensorFlow reads the variable once, while it
    is imported; if that has already happened, a warning says what it costs.
    """
    if "TF_ENABLE_ONEDNN_OPTS" in os.environ:
        return
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    is_x86 = platform.machine().lower() in ("x86_64", "amd64")
    if "tensorflow" in sys.modules and is_x86 and not ONEDNN_FLAGS & processor_flags():
        warnings.warn(
            "TensorFlow was imported before helpers, so its oneDNN kernels are off on this processor: I3D takes about "
            "3.2 s for 64 frames instead of 1.7 s (2 cores, AVX2). Restart, and import helpers first or set "
            "TF_ENABLE_ONEDNN_OPTS=1.",
            stacklevel=3,
        )


def supported_precision(precision: str) -> str:
    """Return the precision, or "float32" with a warning on CPUs that emulate bfloat16."""
    if precision == "bfloat16" and not {"avx512_bf16", "amx_bf16"} & processor_flags():
        warnings.warn(
            "this processor has no bfloat16 (AVX512_BF16 or AMX): float32 is used, with the same results.", stacklevel=3
        )
        return "float32"
    return precision
