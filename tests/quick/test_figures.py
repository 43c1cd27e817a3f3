import pytest

from helpers.display.figures import draw_frames


def test_nothing_to_draw_says_so():
    with pytest.raises(ValueError, match="no frames to draw"):
        draw_frames([], [])
