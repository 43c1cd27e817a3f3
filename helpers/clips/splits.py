"""UCF101's official splits, and those of its classes that are not among Kinetics' labels.

Clips of UCF101 are named after their class, group and number, such as `v_Billiards_g01_c02.avi`; those of one group come from
one video. Each official split tests on seven of each class's 25 groups and trains on the rest (Soomro, Zamir & Shah, "UCF101",
2012; the lists `testlist01.txt` to `testlist03.txt`).
"""

from collections.abc import Collection, Iterable, Sequence

from .datasets import VIDEO_NAME

GROUPS = range(1, 26)
TEST_GROUPS = {1: range(1, 8), 2: range(8, 15), 3: range(15, 22)}

# The file ZSL.txt of https://github.com/kini5gowda/TruZe, spelled as in the names of UCF101's clips; Gowda et al., "A New Split
# for Evaluating True Zero-Shot Action Recognition", GCPR 2021, https://arxiv.org/abs/2107.13029.
TRUZE_CLASSES = tuple(
    """
    ApplyLipstick BalanceBeam Billiards BlowDryHair Fencing FieldHockeyPenalty FrontCrawl Hammering HandStandPushups
    HandstandWalking HorseRace IceDancing JumpingJack MilitaryParade Mixing Nunchucks ParallelBars PizzaTossing PlayingDaf
    PlayingDhol PlayingSitar PlayingTabla PommelHorse Rafting Rowing StillRings SumoWrestling TableTennisShot UnevenBars
    WallPushups YoYo
    """.split()
)
# Classes that a label of Kinetics-600 names, or whose sport it names. Judged by name; no clips were compared.
IN_KINETICS_600 = {
    "ApplyLipstick": "putting on lipstick",
    "BlowDryHair": "blowdrying hair",
    "Fencing": "fencing (sport)",
    "FieldHockeyPenalty": "playing field hockey",
    "FrontCrawl": "swimming front crawl",
    "JumpingJack": "jumping jacks",
    "TableTennisShot": "playing ping pong",
}
NEW_TO_BOTH = tuple(action for action in TRUZE_CLASSES if action not in IN_KINETICS_600)


def official_split(names: Sequence[str], number: int = 1) -> tuple[list[int], list[int]]:
    """Return the indices of the clips to train on, and of those to test on, in one of UCF101's official splits.

    Parameters
    ----------
    names : sequence of str
        Names of clips, of any classes.
    number : int
        1, 2 or 3: test on the groups 1 to 7, 8 to 14, or 15 to 21.

    Raises
    ------
    ValueError
        If a name is not that of a clip of UCF101, or if there is no such split.

    Examples
    --------
    >>> official_split(["v_YoYo_g25_c01.avi", "v_YoYo_g07_c02.avi", "v_YoYo_g08_c01.avi"])
    ([0, 2], [1])
    >>> official_split(["YoYo.avi"])
    Traceback (most recent call last):
    ValueError: YoYo.avi is not the name of a UCF101 clip. Use names like v_Billiards_g01_c02.avi, with a group from 01 to 25.
    """
    if number not in TEST_GROUPS:
        raise ValueError(f"the split must be 1, 2, or 3, not {number}.")
    tested = [parts(name)[1] in TEST_GROUPS[number] for name in names]
    return [i for i, test in enumerate(tested) if not test], [i for i, test in enumerate(tested) if test]


def group_of(name: str) -> str:
    """Return the class and group of a clip: groups of the same number in two classes come from different videos.

    >>> group_of("v_YoYo_g25_c01.avi")
    'YoYo_g25'
    """
    action, group = parts(name)
    return f"{action}_g{group:02}"


def first_clips(names: Iterable[str], actions: Collection[str], groups: Collection[int]) -> list[str]:
    """Return the first clip of each requested group.

    Parameters
    ----------
    names : iterable of str
        Names of UCF101's clips, such as a `UCF101` object.
    actions, groups : collection of str, collection of int
        Classes, and numbers of groups, the same for each class.

    Raises
    ------
    ValueError
        If a class has no clip of one of these groups.

    Examples
    --------
    >>> first_clips(["v_YoYo_g01_c02.avi", "v_YoYo_g01_c01.avi", "v_YoYo_g02_c01.avi", "v_Mixing_g01_c01.avi"], ["YoYo"], [1, 2])
    ['v_YoYo_g01_c01.avi', 'v_YoYo_g02_c01.avi']
    """
    found: dict[tuple[str, int], str] = {}
    for name in sorted(names):
        found.setdefault(parts(name), name)
    wanted = [(action, group) for action in actions for group in groups]
    if missing := [key for key in wanted if key not in found]:
        action, group = missing[0]
        raise ValueError(
            f"{len(missing)} of {len(wanted)} groups have no clip, such as {action}_g{group:02}. Use a complete UCF101, or "
            "choose other classes and groups."
        )
    return [found[key] for key in wanted]


def parts(name: str) -> tuple[str, int]:
    """Return the class and the number of the group of a clip; raise ValueError if its name is not one of UCF101's."""
    match = VIDEO_NAME.fullmatch(name)
    if not match or int(match[2]) not in GROUPS:
        raise ValueError(
            f"{name} is not the name of a UCF101 clip. Use names like v_Billiards_g01_c02.avi, with a group from 01 to 25."
        )
    return match[1], int(match[2])
