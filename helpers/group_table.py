"""Read the group of each clip from a table."""

import csv
import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path


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
                raise ValueError(f"{table} has two groups for {file}: {found[key]} and {name}. Keep only one.")
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
        raise ValueError(f"{table} is not UTF-8 text. Save it as UTF-8, with a line for each clip: file, tab, group.") from None
    rows = [row for row in csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE) if any(row)]
    file_column, group_column = 0, 1
    if rows and {"file", "group"} <= set(rows[0]):
        file_column, group_column = rows[0].index("file"), rows[0].index("group")
        del rows[0]
    try:
        pairs = [(row[file_column].strip(), row[group_column].strip()) for row in rows]
    except IndexError:
        raise ValueError(f"{table} has a line without a group. Each line must contain a file, a tab, and its group.") from None
    return [(unicodedata.normalize("NFC", file), group) for file, group in pairs]


def normal(path: Path) -> str:
    """Return a path in the form in which paths are compared: absolute, and with composed letters."""
    return unicodedata.normalize("NFC", os.path.abspath(path))
