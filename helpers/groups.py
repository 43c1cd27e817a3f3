"""Groups of clips that belong together, and splits that keep each group on one side.

Clips of one recording, one place or one person resemble each other in more than the action. If some of them are in the training
set and others in the test set, the score is too high: the test set has leaked.
"""

import csv
import os
import unicodedata
import warnings
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path

import numpy as np
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold

MOST_SINGLE_GROUPS = 30  # with more groups, several are held out at a time
FOLDS = 10


def check_leak(groups: Sequence[Hashable], train: Sequence[int], test: Sequence[int]) -> None:
    """Raise an error if a split has clips of one group on both sides.

    Parameters
    ----------
    groups : sequence
        The group of each clip.
    train, test : sequence of int
        Indices of the clips on each side.

    Raises
    ------
    ValueError
        If a group is on both sides. The message names up to five such groups.

    Examples
    --------
    >>> check_leak(["anna", "anna", "ben"], train=[0, 1], test=[2])
    >>> check_leak(["anna", "anna", "ben"], train=[0, 2], test=[1])
    Traceback (most recent call last):
    ValueError: the split leaks: 1 group is in the training set and in the test set (anna). Needed: each group on one side only.
    """
    shared = sorted({groups[i] for i in train} & {groups[i] for i in test}, key=str)
    if shared:
        count = f"{len(shared)} group{' is' if len(shared) == 1 else 's are'}"
        names = ", ".join(map(str, shared[:5])) + (", …" if len(shared) > 5 else "")
        raise ValueError(
            f"the split leaks: {count} in the training set and in the test set ({names}). Needed: each group on one side only."
        )


def held_out(
    actions: Sequence[str], groups: Sequence[str], most_single: int = MOST_SINGLE_GROUPS, folds: int = FOLDS
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield splits that together test each clip once, and never on a group that was trained on.

    Parameters
    ----------
    actions, groups : sequence of str
        The action and the group of each clip.
    most_single, folds : int
        Up to `most_single` groups, each group is held out once (LeaveOneGroupOut); with more, `folds` parts of the groups are,
        with similar shares of each action (StratifiedGroupKFold).

    Yields
    ------
    (numpy.ndarray, numpy.ndarray)
        Indices for training and for testing.

    Raises
    ------
    ValueError
        If there is only one group.
    """
    if len(set(groups)) < 2:
        raise ValueError(f"all clips are of one group ({groups[0]}): needed at least 2 groups, to test on one not trained on.")
    if len(set(groups)) <= most_single:
        splits = LeaveOneGroupOut().split(actions, actions, groups)
    else:
        largest = max(list(actions).count(action) for action in set(actions))
        splitter = StratifiedGroupKFold(max(2, min(folds, largest)), shuffle=True, random_state=0)
        splits = splitter.split(actions, actions, groups)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")
        for train, test in splits:
            check_leak(groups, train, test)
            yield train, test


def read_groups(table: str | os.PathLike, folder: str | os.PathLike, clips: Sequence[Path]) -> list[str]:
    """Read the group of each clip from a table.

    Parameters
    ----------
    table : str or Path
        A text file with a line for each clip: the file, a tab, and the group. If its first line names columns, those called
        `file` and `group` are read. Files are relative to `folder` or to the folder of the table, or are bare, unique names.
    folder : str or Path
        The folder of the clips.
    clips : list of Path
        The clips.

    Returns
    -------
    list of str

    Raises
    ------
    OSError
        If the table cannot be read.
    ValueError
        If it is not such a table, has two groups for one clip, or none for one of `clips`.
    """
    places = [Path(folder), Path(table).parent]
    found: dict[str, str] = {}
    for file, name in table_rows(table):
        for key in {file, *(normal(place / file) for place in places)}:
            if found.setdefault(key, name) != name:
                raise ValueError(f"{table} has two groups for {file}: {found[key]} and {name}. Needed one.")
    count = Counter(clip.name for clip in clips)
    missing, groups = [], []
    for clip in clips:
        group = found.get(normal(clip))
        if group is None and count[clip.name] == 1:
            group = found.get(unicodedata.normalize("NFC", clip.name))
        groups.append(group or "")
        missing += [] if group else [clip.relative_to(folder).as_posix()]
    if missing:
        raise ValueError(
            f"{table} has no group for {len(missing)} of {len(clips)} clips, such as {missing[0]}: add a line for each "
            "(file, tab, group)."
        )
    return groups


def table_rows(table: str | os.PathLike) -> list[tuple[str, str]]:
    """Return the files and groups of a table; see `read_groups`."""
    try:
        text = Path(table).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{table} is not a text in UTF-8: needed a line for each clip: file, tab, group.") from None
    rows = [row for row in csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE) if any(row)]
    file_column, group_column = 0, 1
    if rows and {"file", "group"} <= set(rows[0]):
        file_column, group_column = rows[0].index("file"), rows[0].index("group")
        del rows[0]
    try:
        pairs = [(row[file_column].strip(), row[group_column].strip()) for row in rows]
    except IndexError:
        raise ValueError(f"{table} has a line without a group: needed file, tab, group in each line.") from None
    return [(unicodedata.normalize("NFC", file), group) for file, group in pairs]


def normal(path: Path) -> str:
    """Return a path in the form in which paths are compared: absolute, and with composed letters."""
    return unicodedata.normalize("NFC", os.path.abspath(path))
