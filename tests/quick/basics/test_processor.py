"""`import helpers` turns on TensorFlow's oneDNN kernels, on every processor."""

import os
import platform
import subprocess
import sys
import warnings

import pytest

from helpers.basics import processor
from tests.support import TOP

LINUX_X86 = sys.platform == "linux" and platform.machine() == "x86_64"
needs_linux_x86 = pytest.mark.skipif(
    not LINUX_X86, reason="only on Linux x86-64 does TensorFlow log whether its oneDNN kernels are on"
)


def log_of(code, **variables):
    """Run code in a new Python and return TensorFlow's log."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    env |= {"TF_CPP_MIN_LOG_LEVEL": "0", **variables}
    return subprocess.run([sys.executable, "-c", code], cwd=TOP, env=env, capture_output=True, text=True, check=True).stderr


@needs_linux_x86
def test_importing_helpers_first_turns_onednn_on():
    assert "oneDNN custom operations are on" in log_of("import helpers, tensorflow")


@needs_linux_x86
def test_a_reader_can_turn_them_off():
    log = log_of("import helpers, tensorflow", TF_ENABLE_ONEDNN_OPTS="0")
    assert "oneDNN custom operations are on" not in log and "TensorFlow was imported before" not in log


@pytest.fixture
def tensorflow_was_imported(monkeypatch):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(sys, "platform", "linux")


def test_importing_helpers_after_tensorflow_warns_once_about_the_cost(tensorflow_was_imported, monkeypatch):
    monkeypatch.setattr(processor, "processor_flags", lambda: {"avx2", "fma"})
    with pytest.warns(UserWarning, match=r"3.2 s for 64 frames instead of 1.7 s .* import helpers first"):
        processor.enable_onednn()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        processor.enable_onednn()


@pytest.mark.parametrize("flag", ["avx512_vnni", "amx_tile"])
def test_there_is_no_warning_if_tensorflow_turns_them_on_itself(tensorflow_was_imported, monkeypatch, flag):
    monkeypatch.setattr(processor, "processor_flags", lambda: {flag})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        processor.enable_onednn()


@pytest.mark.parametrize(
    "limit, supported", [("ALL", True), ("AVX512_CORE_AMX", True), ("AVX512_CORE_VNNI", False), ("avx2", False)]
)
def test_bfloat16_is_supported_only_if_onednn_may_use_it(limit, supported, monkeypatch):
    monkeypatch.setattr(processor, "processor_flags", lambda: {"avx512_bf16"})
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert processor.has_bfloat16() == supported
