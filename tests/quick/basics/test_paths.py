"""The home folder in paths."""

import os
from pathlib import Path

import pytest

from helpers import read_video
from helpers.basics.cache import expanded
from helpers.basics.messages import ModelError
from helpers.clips.folders import source_clips
from helpers.models.loading import load_model
from helpers.predictions.arguments import find_clips

NOBODY = "~nobody-of-this-name/clips"


def test_a_tilde_is_the_home_folder():
    assert expanded("~/clips") == Path(os.path.expanduser("~"), "clips")
    assert expanded(Path("clips")) == Path("clips")


def test_the_folder_of_an_unknown_user_does_not_exist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert expanded(NOBODY) == Path(NOBODY)
    assert find_clips(f"{NOBODY}/clip.mp4") == [Path(NOBODY, "clip.mp4")]
    with pytest.raises(ModelError, match="there is no such folder"):
        load_model(NOBODY)
    for read in (source_clips, read_video):
        with pytest.raises(FileNotFoundError):
            read(NOBODY)
