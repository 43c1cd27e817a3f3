"""What the processor can do, and the TensorFlow kernels that make use of it."""

import os
import platform
import sys
import warnings
from pathlib import Path

# On Linux, TensorFlow turns its oneDNN kernels on by itself only on processors with one of these.
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
    has_choice = sys.platform == "linux" and platform.machine() == "x86_64"  # elsewhere they are always on, or do not exist
    if "tensorflow" in sys.modules and has_choice and not ONEDNN_FLAGS & processor_flags():
        warnings.warn(
            "TensorFlow was imported before helpers, so its oneDNN kernels are off on this processor: I3D takes about "
            "3.2 s for 64 frames instead of 1.7 s (2 cores, AVX2). Restart, and import helpers first or set "
            "TF_ENABLE_ONEDNN_OPTS=1.",
            stacklevel=3,
        )


def has_bfloat16() -> bool:
    """Return whether the processor computes in bfloat16, and oneDNN was not told to leave that out."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "ALL").upper()
    is_allowed = limit in ("ALL", "DEFAULT") or any(name in limit for name in ("BF16", "FP16", "AMX", "AVX10"))
    return is_allowed and bool({"avx512_bf16", "amx_bf16"} & processor_flags())


def supported_precision(precision: str) -> str:
    """Return the precision, or "float32" with a warning on CPUs that emulate bfloat16."""
    if precision == "bfloat16" and not has_bfloat16():
        warnings.warn(
            "no bfloat16 was found (AVX512_BF16 or AMX, as Linux lists them): float32 is used, which is exact.", stacklevel=3
        )
        return "float32"
    return precision
