"""A chart of accuracies: which dots it has, and what its alternative text says."""

import pytest

from helpers.display import draw_accuracies

BOTH = {"new pair": {"features": 0.98, "chance": [0.1, 0.2]}, "new scene": {"features": 0.5}}


def test_each_accuracy_is_a_dot_in_the_row_of_its_name():
    drawn = draw_accuracies(BOTH, chance=1 / 6)
    [axis] = drawn.image.axes
    pair, scene, chance = axis.lines
    assert pair.get_xydata().tolist() == [[98, 0], [10, 1], [20, 1]] and scene.get_xydata().tolist() == [[50, 0]]
    assert chance.get_xdata() == pytest.approx([100 / 6] * 2)
    assert [label.get_text() for label in axis.get_yticklabels()] == ["features", "chance"]
    assert pair.get_marker() != scene.get_marker(), "a color alone does not tell them apart"


def test_the_alternative_text_lists_them():
    text = "Accuracy, with chance at 17%. new pair: features 98%, chance 10% to 20%; new scene: features 50%."
    assert draw_accuracies(BOTH, chance=1 / 6).alt == text


@pytest.mark.parametrize("count", [0, 4])
def test_too_few_or_too_many_series_are_refused(count):
    with pytest.raises(ValueError, match=f"one to three series, not {count}"):
        draw_accuracies({str(i): {"a": 0.5} for i in range(count)}, chance=0.5)
