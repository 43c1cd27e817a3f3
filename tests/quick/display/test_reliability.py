"""Reliability diagrams: dots, intervals and counts, and the alternative text."""

import pytest

from helpers.display import draw_reliability

BINS = [(0.3, 0.0, 2, None), (0.9, 0.75, 8, (0.35, 0.97))]


def test_each_bin_is_a_dot_with_its_count():
    left, right = draw_reliability({"found": BINS, "acted": BINS[:1]}).image.axes
    diagonal, *dots = [line.get_xydata().tolist() for line in left.lines]
    assert diagonal == [[0, 0], [100, 100]] and dots == [[[30, 0]], [[90, 75]]]
    assert [text.get_text() for text in left.texts] == ["0 of 2", "6 of 8"]
    [interval] = left.collections
    assert interval.get_segments()[0].ravel() == pytest.approx([90, 35, 90, 97])
    assert (left.get_title(), right.get_title()) == ("found, n = 10", "acted, n = 2")


def test_the_legend_lists_what_any_diagram_shows():
    [legend] = draw_reliability({"acted": BINS[:1], "found": BINS}).image.legends
    assert [text.get_text() for text in legend.get_texts()] == ["calibrated", "95% interval"]


def test_the_alternative_text_lists_the_bins():
    assert draw_reliability({"found": BINS}).alt == (
        "Reliability diagram. found: at a mean confidence of 30%, 0 of 2 correct; "
        "at a mean confidence of 90%, 6 of 8 correct (95% interval 35% to 97%)."
    )


def test_counts_of_neighbors_do_not_overlap():
    shown = draw_reliability({"a": [(0.55, 1.0, 1, None), (0.65, 1.0, 12, None), (0.98, 0.9, 21, None)]})
    shown.image.draw_without_rendering()
    boxes = [text.get_window_extent() for text in shown.image.axes[0].texts]
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]


@pytest.mark.parametrize("count", [0, 4])
def test_too_few_or_too_many_series_are_refused(count):
    with pytest.raises(ValueError, match=f"one to three reliability diagrams, not {count}"):
        draw_reliability({str(i): BINS for i in range(count)})
