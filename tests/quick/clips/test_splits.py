"""UCF101's official splits, and its classes that are not among Kinetics' labels."""

import pytest

from helpers import check_leak, kinetics_labels, samples
from helpers.clips.splits import IN_KINETICS_600, NEW_TO_BOTH, TEST_GROUPS, TRUZE_CLASSES, first_clips, group_of, official_split

NAMES = [f"v_{action}_g{group:02}_c01.avi" for action in ("YoYo", "HandStandPushups") for group in range(1, 26)]


@pytest.mark.parametrize("number, tested", [(1, (1, 7)), (2, (8, 14)), (3, (15, 21))])
def test_seven_of_25_groups_of_each_class_are_tested(number, tested):
    train, test = official_split(NAMES, number)
    assert [NAMES[i] for i in test] == [
        f"v_{action}_g{group:02}_c01.avi" for action in ("YoYo", "HandStandPushups") for group in range(tested[0], tested[1] + 1)
    ]
    assert sorted([*train, *test]) == list(range(50))
    check_leak([group_of(name) for name in NAMES], train, test)


def test_the_splits_test_no_group_twice():
    groups = [group for number in TEST_GROUPS for group in TEST_GROUPS[number]]
    assert groups == list(range(1, 22))


def test_an_unknown_split_is_an_error():
    with pytest.raises(ValueError, match="split must be 1, 2, or 3, not 4"):
        official_split(NAMES, 4)


@pytest.mark.parametrize(
    "name", ["v_YoYo_g00_c01.avi", "v_YoYo_g26_c01.avi", "YoYo_g01_c01.avi", "v_YoYo_g1_c1.avi", "", "x.mp4"]
)
def test_another_name_is_an_error(name):
    for read in (group_of, lambda name: official_split([*NAMES, name]), lambda name: first_clips([*NAMES, name], ["YoYo"], [1])):
        with pytest.raises(ValueError, match="is not the name of a UCF101 clip. Use names like v_Billiards_g01_c02.avi"):
            read(name)


def test_a_group_without_clips_is_an_error():
    with pytest.raises(ValueError, match="3 of 6 groups have no clip, such as Billiards_g01"):
        first_clips(NAMES, ["YoYo", "Billiards"], [1, 2, 3])
    with pytest.raises(ValueError, match="1 of 1 groups have no clip, such as YoYo_g01"):
        first_clips(samples, ["YoYo"], [1])


def test_the_classes_of_truze():
    """31, as its paper says; Kinetics-400 has none of their names."""
    assert len(set(TRUZE_CLASSES)) == 31 and len(NEW_TO_BOTH) == 24
    assert set(IN_KINETICS_600) <= set(TRUZE_CLASSES) and not set(IN_KINETICS_600) & set(NEW_TO_BOTH)
    labels = {label.replace(" ", "") for label in kinetics_labels()}
    assert not {action.lower() for action in TRUZE_CLASSES} & labels
    assert not set(IN_KINETICS_600.values()) & set(kinetics_labels())
