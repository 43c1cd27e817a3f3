"""List the clips of a folder or of UCF101, with the action and the group of each."""

import os
import unicodedata
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .datasets import UCF101, VIDEO_NAME
from .groups import one_spelling, read_groups

UCF101_WORD = "ucf101"


class SourceClip(NamedTuple):
    """A clip of a source.

    Attributes
    ----------
    name : str
        Its name in the source: its path below the folder, with slashes, or its name in UCF101.
    action : str
        Its action; "" if it is not known.
    group : str
        Clips that belong together, such as those of one recording, have the same group.
    path : str
        Its absolute path; "" if it must be downloaded from a web page.
    page : str
        The address of that web page; "" for a local clip.
    """

    name: str
    action: str
    group: str
    path: str
    page: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def file(self) -> str:
        """Path of the clip's features below the folder of features: `<action>/<clip>.npz`, with slashes."""
        below = self.name.partition("/")[2] or self.name  # its folder is the action's, in composed letters
        return f"{self.action}/{below}.npz".lstrip("/")


def source_clips(source: str | os.PathLike, groups: str | os.PathLike | None = None) -> list[SourceClip]:
    """List the clips of a source. Nothing is downloaded except the list of UCF101's clips.

    Parameters
    ----------
    source : str or Path
        A folder, see `folder_clips`, or the word "ucf101" for `UCF101()`, whose address the environment variable UCF101_ROOT
        can replace. (For a folder of that name, pass "./ucf101".)
    groups : str or Path, optional
        A table with the group of each clip; see `read_groups`. If it is in the folder, it is not one of the clips.

    Returns
    -------
    list of SourceClip
        Sorted by name.

    Warns
    -----
    UserWarning
        For each file or folder that `folder_clips` leaves out.

    Raises
    ------
    OSError
        If the folder or the table cannot be read, or if the folder contains no files.
    ValueError
        If two clips have the same action and file name, or if the table has no group for a clip.
    DownloadError
        If the list of UCF101's clips cannot be downloaded.
    """
    left_out: dict[Path, str] = {}
    if source == UCF101_WORD:
        clips = ucf101_clips()
    else:
        clips, left_out = folder_clips(Path(source).expanduser().absolute(), groups)
    for path, why in left_out.items():
        warnings.warn(f"{path} is left out: {why}", stacklevel=2)
    if not clips:
        raise FileNotFoundError(
            f"{source} contains no files. Put the clips into one folder for each action, or all into this folder."
        )
    repeated = [file for file, count in Counter(clip.file for clip in clips).items() if count > 1]
    if repeated:
        names = [clip.name for clip in clips if clip.file == repeated[0]]
        raise ValueError(f"{names[0]} and {names[1]} have the same action and file name: rename one of them.")
    if groups is None:
        return clips
    return with_groups(clips, groups, Path("" if source == UCF101_WORD else source).expanduser().absolute())


def with_groups(clips: Sequence[SourceClip], table: str | os.PathLike, folder: Path) -> list[SourceClip]:
    """Return the clips with the groups of a table."""
    found = read_groups(table, folder, [folder / clip.name for clip in clips])
    return [clip._replace(group=group) for clip, group in zip(clips, found)]


def ucf101_clips() -> list[SourceClip]:
    """Return UCF101's clips."""
    dataset = UCF101()
    if dataset.on_the_web:
        return [SourceClip(name, *named(name), "", dataset.root) for name in dataset.videos]
    return [SourceClip(name, *named(name), str(dataset[name].absolute())) for name in dataset.videos]


def folder_clips(folder: Path, table: str | os.PathLike | None = None) -> tuple[list[SourceClip], dict[Path, str]]:
    """List the files of a folder, with the action and the group of each.

    Parameters
    ----------
    folder : Path
        Contains `<action>/<clip>`, `<action>/<group>/<clip>`, or only clips. Hidden files and folders, whose names start with a
        dot, are ignored.
    table : str or Path, optional
        A file that is not a clip, such as the table of groups.

    Returns
    -------
    list of SourceClip
        Sorted by path. The action is the name of the first folder below `folder`; for a clip that is in none, it is read from a
        file name like UCF101's, or empty. The group is the name of the folder below the action's, if the clip is in one; or is
        read from such a name (`v_Crawl_g01_c02.avi` is in group g01); any other clip is its own group. Groups whose names
        differ only in case, spaces, or the encoding of accents are one.
    dict of Path to str
        What was left out, and why: links to a folder that is listed already, and pipes and devices.

    Raises
    ------
    OSError
        If the folder or one below it cannot be read.
    """
    no_clip = table and os.path.realpath(table)
    files, left_out = visible_files(folder)
    clips = [folder_clip(folder, path) for path in files if os.path.realpath(path) != no_clip]
    groups = one_spelling([clip.group for clip in clips])
    return [clip._replace(group=group) for clip, group in zip(clips, groups)], left_out


def folder_clip(folder: Path, path: Path) -> SourceClip:
    """Return one file of a folder as a clip."""
    name = path.relative_to(folder).as_posix()
    action, group = named(path.name)
    match unicodedata.normalize("NFC", name).split("/"):
        case [first, second, _, *_]:
            action, group = first, second
        case [first, _]:
            action = first
    return SourceClip(name, action, group or unicodedata.normalize("NFC", name), str(path))


def visible_files(folder: Path) -> tuple[list[Path], dict[Path, str]]:
    """Return all files below a folder, sorted, and what was left out, with the reasons; see `folder_clips`."""
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
    """Return the action and the group in a name like UCF101's; two empty strings for any other name.

    >>> named("v_Crawl_g01_c02.avi"), named("vacation.mp4")
    (('Crawl', 'g01'), ('', ''))
    """
    if not VIDEO_NAME.fullmatch(name):
        return "", ""
    _, action, group, _ = name.split("_")
    return action, group
