"""Detect processor features, and enable the TensorFlow kernels that use them."""

import os
import platform
import sys
import warnings
from pathlib import Path

# On Linux, TensorFlow enables its oneDNN kernels by default only on processors with one of these features.
ONEDNN_FLAGS = {"avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16"}


def processor_flags() -> set[str]:
    """Return the words of /proc/cpuinfo, such as "avx2"; empty on systems other than Linux."""
    try:
        return set(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return set()


def enable_onednn() -> None:
    """Enable TensorFlow's oneDNN kernels, unless the environment variable TF_ENABLE_ONEDNN_OPTS is set.

    Most processors have AVX2 but neither AVX512_VNNI, AVX512_BF16, nor AMX. There, I3D takes about twice as long without them.
    TensorFlow reads the variable on import, so a warning is issued if it was imported before and its kernels are off.
    """
    if "TF_ENABLE_ONEDNN_OPTS" in os.environ:
        return
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    has_choice = sys.platform == "linux" and platform.machine() == "x86_64"  # elsewhere they are always on or not available
    if "tensorflow" in sys.modules and has_choice and not ONEDNN_FLAGS & processor_flags():
        warnings.warn(
            "TensorFlow was imported before helpers, so its oneDNN kernels are off on this processor. I3D will take about "
            "3.2 s for 64 frames instead of 1.7 s (2 cores, AVX2). Restart Python, and import helpers first or set "
            "TF_ENABLE_ONEDNN_OPTS=1.",
            stacklevel=3,
        )


def has_bfloat16() -> bool:
    """Return whether the processor has bfloat16 instructions, and ONEDNN_MAX_CPU_ISA does not disable them."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "ALL").upper()
    is_allowed = limit in ("ALL", "DEFAULT") or any(name in limit for name in ("BF16", "FP16", "AMX", "AVX10"))
    return is_allowed and bool({"avx512_bf16", "amx_bf16"} & processor_flags())


def supported_precision(precision: str) -> str:
    """Return the precision; on processors that emulate bfloat16, return "float32" in its place, with a warning."""
    if precision == "bfloat16" and not has_bfloat16():
        warnings.warn(
            "no bfloat16 instructions were found (AVX512_BF16 or AMX, detected on Linux only): float32 is used.", stacklevel=3
        )
        return "float32"
    return precision
