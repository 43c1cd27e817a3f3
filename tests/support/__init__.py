"""What tests in several folders share."""

from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
