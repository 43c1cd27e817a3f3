"""Fixtures for tests of features with real networks."""

import pytest

from helpers.basics.cache import cache_folder


@pytest.fixture
def without_features(tmp_path, monkeypatch):
    """A cache with the models of the reader's own cache, but without features."""
    cache = tmp_path / "cache"
    cache.mkdir()
    for entry in cache_folder().iterdir():
        if entry.name != "features":
            (cache / entry.name).symlink_to(entry)
    monkeypatch.setenv("I3D_CACHE", str(cache))
    return cache
