"""Drawings of the network agree with the network."""

from helpers.display import draw_network
from helpers.models.i3d.network import INCEPTION_CHANNELS


def test_the_network_is_drawn_with_shapes_strides_and_receptive_fields():
    shown = draw_network()
    texts = [text.get_text() for text in shown.image.axes[0].texts]
    assert all(name in texts for name in INCEPTION_CHANNELS)
    assert "filter 7x7x7, stride 2x2x2" in texts
    assert texts.count("max 1x3x3, stride 1x2x2") == 2, "the first two pools have no stride in time"
    assert "8 x 7 x 7 x 1024" in texts and "field 99 x 379 x 379" in texts
    assert "18 end points" in shown.alt and "9 Inception modules" in shown.alt
