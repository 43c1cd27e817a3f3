"""List the clips of a folder or of UCF101, with the action and the group of each; groups are clips that belong together."""

import csv
import os
import unicodedata
import warnings
from collections import Counter
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..basics.cache import expanded
from .datasets import UCF101, VIDEO_NAME

UCF101_WORD = "ucf101"


class Clip(NamedTuple):
    """A clip of a folder or of UCF101."""

    name: str  # its path below the folder, with slashes, or its name in UCF101
    action: str  # "" if it is not known
    group: str  # clips that belong together, such as those of one recording, have the same group
    folder: str  # `name` is relative to it; "" if the clip must be downloaded
    page: str = ""  # address of the web page to download it from; "" for a local clip
    sha256: str = ""  # hash of the file, if it was computed
    start: float | None = None  # seconds, of a part of a recording; None if the clip is all of its file
    end: float | None = None

    def __str__(self) -> str:
        return self.name if self.start is None else f"{self.name} ({self.start:g} to {self.end:g} s)"

    @property
    def path(self) -> Path:
        """Path of a local clip."""
        return Path(self.folder, self.name)

    @property
    def file(self) -> str:
        """Path of the clip's features below the folder of features: `<action>/<clip>.npz`, with slashes."""
        below = self.name.partition("/")[2] or self.name  # its folder is the action's, in composed letters
        return f"{self.action}/{below}.npz".lstrip("/")

    @property
    def is_own_group(self) -> bool:
        """Whether neither a folder nor the name of the clip states its group."""
        return self.start is None and self.group == composed(self.name)


def source_clips(source: str | os.PathLike, groups: str | os.PathLike | None = None) -> list[Clip]:
    """Return the clips of a folder, or of UCF101 if the source is the word "ucf101", sorted by name.

    Nothing is downloaded except the list of UCF101's clips. Groups are those of a table, if there is one; see `read_groups`.
    What `folder_clips` leaves out is warned of. Raises OSError if the folder or the table cannot be read, or if there are no
    files; ValueError if two clips have the same action and file name, or if the table has no group for a clip.
    """
    folder = Path() if source == UCF101_WORD else expanded(source).absolute()
    clips, left_out = (ucf101_clips(), {}) if source == UCF101_WORD else folder_clips(folder, groups)
    for path, why in left_out.items():
        warnings.warn(f"{path} is left out: {why}", stacklevel=2)
    if not clips:
        raise FileNotFoundError(
            f"{source} contains no files. Put the clips into one folder for each action, or all into this folder."
        )
    first_with: dict[str, Clip] = {}
    for clip in clips:
        same = first_with.setdefault(clip.file, clip)
        if same is not clip:
            raise ValueError(f"{same} and {clip} have the same action and file name: rename one of them.")
    return clips if groups is None else with_groups(clips, groups, folder)


def with_groups(clips: Sequence[Clip], table: str | os.PathLike, folder: Path) -> list[Clip]:
    """Return the clips with the groups of a table."""
    found = read_groups(table, folder, [clip.name for clip in clips])
    return [clip._replace(group=group) for clip, group in zip(clips, found)]


def ucf101_clips() -> list[Clip]:
    """Return UCF101's clips."""
    dataset = UCF101()
    if dataset.on_the_web:
        return [Clip(name, *named(name), "", dataset.root) for name in dataset.videos]
    return [Clip(name, *named(name), str(dataset[name].absolute().parent)) for name in dataset.videos]


def folder_clips(folder: Path, table: str | os.PathLike | None = None) -> tuple[list[Clip], dict[Path, str]]:
    """Return the files of a folder as clips, sorted, and what was left out, with the reasons; see `visible_files`.

    The folder contains `<action>/<clip>`, `<action>/<group>/<clip>`, or only clips. An action or a group without a folder is read
    from a name like UCF101's (`v_Crawl_g01_c02.avi` is in group g01); for other names, the action is empty, and the clip is its
    own group. A table of groups in the folder is not a clip.
    """
    no_clip = table and os.path.realpath(table)
    files, left_out = visible_files(folder)
    clips = [folder_clip(folder, path) for path in files if os.path.realpath(path) != no_clip]
    groups = one_spelling([clip.group for clip in clips])
    return [clip._replace(group=group) for clip, group in zip(clips, groups)], left_out


def folder_clip(folder: Path, path: Path) -> Clip:
    """Return one file of a folder as a clip."""
    name = path.relative_to(folder).as_posix()
    action, group = named(path.name)
    match composed(name).split("/"):
        case [first, second, _, *_]:
            action, group = first, second
        case [first, _]:
            action = first
    return Clip(name, action, group or composed(name), str(folder))


def visible_files(folder: Path) -> tuple[list[Path], dict[Path, str]]:
    """Return all files below a folder, sorted, without hidden ones; and what was left out, with the reasons.

    Left out are links to a folder that is listed already, pipes, and devices. Raises OSError if a folder cannot be read.
    """
    files, left_out, folders = [], {}, [folder]
    links: list[Path] = []
    listed: dict[str, Path] = {}
    while folders or links:
        parent = folders.pop() if folders else links.pop(0)  # links come last: the clips of a folder have its own name
        first = listed.setdefault(os.path.realpath(parent), parent)
        if first != parent:  # a link to a folder above would never end
            name = first.relative_to(folder.parent).as_posix()
            left_out[parent] = f"it is a link to a folder whose clips are listed already: {name}"
            continue
        for path in sorted(Path(entry) for entry in os.scandir(parent) if not entry.name.startswith(".")):
            if os.path.isdir(path):
                (links if os.path.islink(path) else folders).append(path)
            elif os.path.exists(path) and not os.path.isfile(path):  # to open a pipe would wait forever
                left_out[path] = "it is not a regular file"
            else:
                files.append(path)
    return sorted(files), left_out


def named(name: str) -> tuple[str, str]:
    """Return the action and the group in a name like UCF101's, such as ("Crawl", "g01"); two empty strings for any other name."""
    match = VIDEO_NAME.fullmatch(name)
    return (match[1], f"g{match[2]}") if match else ("", "")


def one_spelling(groups: Sequence[Hashable]) -> list[Any]:
    """Return groups with one spelling each: names that differ only in case, spaces, or the encoding of accents are the same.

    Two people whose names are so alike are one group then, which costs a little; one person in two groups is a leak.
    """
    first: dict[Hashable, Hashable] = {}
    return [first.setdefault(comparable(group), group) for group in groups]


def comparable(group: Hashable) -> Hashable:
    """Return a name in the form in which names are compared; return anything else unchanged."""
    if not isinstance(group, str):
        return group
    return composed(" ".join(composed(group).casefold().split()))


def read_groups(table: str | os.PathLike, folder: str | os.PathLike, names: Sequence[str]) -> list[str]:
    """Return the group of each clip from a table; `names` are the paths of the clips below their folder.

    The table is a text file with a line for each clip: the file, a tab, and the group. The first line may name the columns, among
    them `file` and `group`; it must if there are more than two. Files are relative to `folder` or to the folder of the table, or
    are bare, unique names; those that are not among `names` are ignored, as are empty lines. Raises OSError if the table cannot
    be read, and ValueError if it is not such a table, has two groups for one file, or has none for one of `names`.
    """
    places = [Path(folder), Path(table).parent]
    found: dict[str, str] = {}
    for file, name in table_rows(table):
        for key in {file, *(normal(place / file) for place in places)}:
            if comparable(found.setdefault(key, name)) != comparable(name):
                raise ValueError(f"{table} has two groups for {file}: {found[key]} and {name}. Keep only one.")
    count = Counter(map(os.path.basename, names))
    groups = []
    for name in names:
        bare = os.path.basename(name)
        by_bare_name = found.get(composed(bare), "") if count[bare] == 1 else ""
        groups.append(found.get(normal(Path(folder, name)), by_bare_name))
    if missing := [name for name, group in zip(names, groups) if not group]:
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
    rows = [row for row in csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE) if any(map(str.strip, row))]
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
    return [(composed(file), composed(group)) for file, group in pairs]


def composed(name: str) -> str:
    """Return a name with composed letters, as names are compared: one letter can have several encodings."""
    return unicodedata.normalize("NFC", name)


def normal(path: Path) -> str:
    """Return a path in the form in which paths are compared: absolute, and with composed letters."""
    return composed(os.path.abspath(path))
