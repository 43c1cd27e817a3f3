"""Fixtures for tests of features of many clips."""

import pytest

from tests.support.many_clips import three_clips


@pytest.fixture
def clips(tmp_path, cache):
    """A folder with three clips."""
    return three_clips(tmp_path / "clips")
