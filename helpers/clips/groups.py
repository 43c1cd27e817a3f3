"""The groups of clips that belong together, such as those of one person: their names, and tables of them."""

import csv
import os
import unicodedata
from collections import Counter
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any


def one_spelling(groups: Sequence[Hashable]) -> list[Any]:
    """Return groups with one spelling each: names that differ only in case, spaces, or the encoding of accents are the same.

    Two people whose names are so alike are one group then, which costs a little; one person in two groups is a leak.

    >>> one_spelling(["Anna", "anna ", "Ben"])
    ['Anna', 'Anna', 'Ben']
    """
    first: dict[Hashable, Hashable] = {}
    return [first.setdefault(comparable(group), group) for group in groups]


def comparable(group: Hashable) -> Hashable:
    """Return a name in the form in which names are compared; return anything else unchanged."""
    if not isinstance(group, str):
        return group
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", group).casefold().split()))


def read_groups(table: str | os.PathLike, folder: str | os.PathLike, names: Sequence[str]) -> list[str]:
    """Return the group of each clip from a table; `names` are the paths of the clips below their folder.

    The table is a text file with a line for each clip: the file, a tab, and the group. If there are more columns, the first line
    must name them, and those called `file` and `group` are read. Files are relative to `folder` or to the folder of the table, or
    are bare, unique names. Other lines are ignored. Raises ValueError for two groups of one clip, or if one of `names` has none.
    """
    places = [Path(folder), Path(table).parent]
    found: dict[str, str] = {}
    for file, name in table_rows(table):
        for key in {file, *(normal(place / file) for place in places)}:
            if comparable(found.setdefault(key, name)) != comparable(name):
                raise ValueError(f"{table} has two groups for {file}: {found[key]} and {name}. Keep only one.")
    count = Counter(map(os.path.basename, names))
    missing, groups = [], []
    for name in names:
        group, bare = found.get(normal(Path(folder, name))), os.path.basename(name)
        if group is None and count[bare] == 1:
            group = found.get(unicodedata.normalize("NFC", bare))
        groups.append(group or "")
        missing += [] if group else [name]
    if missing:
        raise ValueError(
            f"{table} has no group for {len(missing)} of {len(names)} clips, such as {missing[0]}: add a line for each "
            "(file, tab, group)."
        )
    return one_spelling(groups)


def table_rows(table: str | os.PathLike) -> list[tuple[str, str]]:
    """Return the files and groups of a table; see `read_groups`."""
    try:
        text = Path(table).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{table} is not UTF-8 text. Save it as UTF-8, with a line for each clip: file, tab, group.") from None
    rows = [row for row in csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE) if any(row)]
    file_column, group_column = 0, 1
    names = [name.strip().casefold() for name in rows[0]] if rows else []
    if {"file", "group"} <= set(names):
        file_column, group_column = names.index("file"), names.index("group")
        del rows[0]
    elif any(map(str.strip, (text for row in rows for text in row[2:]))):
        raise ValueError(
            f"{table} has more than two columns, so its first line must name them, and one must be called file and one group. It "
            f"is: {', '.join(rows[0])}."
        )
    try:
        pairs = [(row[file_column].strip(), row[group_column].strip()) for row in rows]
    except IndexError:
        raise ValueError(f"{table} has a line without a group. Each line must contain a file, a tab, and its group.") from None
    return [(unicodedata.normalize("NFC", file), unicodedata.normalize("NFC", group)) for file, group in pairs]


def normal(path: Path) -> str:
    """Return a path in the form in which paths are compared: absolute, and with composed letters."""
    return unicodedata.normalize("NFC", os.path.abspath(path))
