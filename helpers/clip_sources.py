"""List the clips of a folder or of UCF101, with the action and the group of each."""

import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from .action_folder import visible_files
from .clip_record import SourceClip
from .datasets import UCF101, VIDEO_NAME
from .group_table import read_groups

UCF101_WORD = "ucf101"


def source_clips(source: str | os.PathLike, groups: str | os.PathLike | None = None) -> list[SourceClip]:
    """List the clips of a source. Nothing is downloaded except the list of UCF101's clips.

    Parameters
    ----------
    source : str or Path
        A folder, `<action>/<clip>` or flat, or the word "ucf101" for `UCF101()`, whose address the environment variable
        UCF101_ROOT can replace. (For a folder of that name, pass "./ucf101".) Hidden files and folders are ignored.
    groups : str or Path, optional
        A table with the group of each clip; see `read_groups`. If it is in the folder, it is not one of the clips.

    Returns
    -------
    list of SourceClip
        Sorted by name. The action is the name of the clip's folder. In a flat folder, the action is read from file names like
        UCF101's; other clips have no action. Without a table, the group is also read from such names (`v_Crawl_g01_c02.avi` is
        in group g01), and any other clip is its own group.

    Raises
    ------
    OSError
        If the folder or the table cannot be read, or if the folder contains no files.
    ValueError
        If two clips have the same action and file name, or if the table has no group for a clip.
    DownloadError
        If the list of UCF101's clips cannot be downloaded.
    """
    clips = ucf101_clips() if source == UCF101_WORD else folder_clips(Path(source).expanduser().absolute(), groups)
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


def folder_clips(folder: Path, table: str | os.PathLike | None) -> list[SourceClip]:
    """Return the files of a folder, except the table of groups."""
    no_clip = table and os.path.realpath(table)
    clips = [folder_clip(folder, path) for path in visible_files(folder) if os.path.realpath(path) != no_clip]
    if not clips:
        raise FileNotFoundError(
            f"{folder} contains no files. Put the clips into one folder for each action, or all into this folder."
        )
    return clips


def folder_clip(folder: Path, path: Path) -> SourceClip:
    """Return one file of a folder as a clip."""
    name = path.relative_to(folder).as_posix()
    above = unicodedata.normalize("NFC", name.rpartition("/")[0])
    action, group = named(path.name)
    return SourceClip(name, above or action, group or unicodedata.normalize("NFC", name), str(path))


def named(name: str) -> tuple[str, str]:
    """Return the action and the group in a name like UCF101's; two empty strings for any other name.

    >>> named("v_Crawl_g01_c02.avi"), named("vacation.mp4")
    (('Crawl', 'g01'), ('', ''))
    """
    if not VIDEO_NAME.fullmatch(name):
        return "", ""
    _, action, group, _ = name.split("_")
    return action, group
