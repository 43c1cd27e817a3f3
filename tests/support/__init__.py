"""Code shared by tests in several folders."""

from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
