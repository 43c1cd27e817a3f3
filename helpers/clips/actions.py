"""Find the clips of a folder that has one folder for each action."""

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2

from ..basics.cache import file_sha256
from ..video.metadata import VideoError
from ..video.reading import iterate_frames
from .folders import folder_clips


class ActionClip(NamedTuple):
    """A clip to learn from.

    Attributes
    ----------
    path : Path
        The file.
    action : str
        Its action.
    sha256 : str
        Hash of the file.
    group : str
        Its group, if no table names another.
    """

    path: Path
    action: str
    sha256: str
    group: str = ""


def action_clips(folder: str | os.PathLike, table: str | os.PathLike | None = None) -> tuple[list[ActionClip], dict[Path, str]]:
    """Find the clips of a folder that have an action, without copies.

    Parameters
    ----------
    folder : str or Path
        The folder; `folder_clips` states how the action and the group are found.
    table : str or Path, optional
        The table of groups, which is not a clip.

    Returns
    -------
    list of ActionClip
        Sorted by path.
    dict of Path to str
        What was left out, and why: as in `folder_clips`, and files that have no action, are empty or unreadable, or are copies
        of another clip of the same action.

    Raises
    ------
    OSError
        If the folder or one below it cannot be read.
    ValueError
        If a video is in the folders of two actions, or if the name of a folder is not one line of
        text.
    """
    folder = Path(folder)
    listed, left_out = folder_clips(folder, table)
    clips = []
    first_with: dict[str, ActionClip] = {}
    for path, action, group in [(Path(clip.path), clip.action, clip.group) for clip in listed]:
        if not action:
            left_out[path] = "it is not in the folder of an action"
            continue
        if not is_label(action):
            raise ValueError(f"the name of the folder {action!r} is not one line of text: rename it, so that it can be a label.")
        try:
            clip = ActionClip(path, action, content_sha256(path), group)
        except OSError as error:
            left_out[path] = str(error.strerror)
            continue
        if path.stat().st_size == 0:
            left_out[path] = "it is empty (0 bytes)"
            continue
        same = first_with.setdefault(clip.sha256, clip)
        if same.action != action:
            if reason := why_unreadable(path):  # such as desktop.ini
                left_out[path] = reason
                continue
            raise ValueError(
                f"{path.relative_to(folder)} and {same.path.relative_to(folder)} are the same file, under two actions: "
                f"delete the one whose action is wrong."
            )
        if same is clip:
            clips.append(clip)
        else:
            left_out[path] = f"it is the same file as {same.path.name}"
    return clips, left_out


def content_sha256(path: Path) -> str:
    """Return the hash of a file; a widget asks for it at each message, so it is cached until the file changes."""
    status = path.stat()
    return _cached_sha256(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=100_000)
def _cached_sha256(path: Path, size: int, modified: int) -> str:
    return file_sha256(path)


def why_unreadable(path: Path) -> str | None:
    """Return why the first frame of a file cannot be decoded, or None if it can."""
    try:
        next(iterate_frames(path))
    except (OSError, VideoError, cv2.error) as error:
        return str(error)
    return None


def require_learnable(actions: Sequence[str], groups: Sequence[str]) -> None:
    """Check that there are enough actions and groups to learn from and to test on.

    Parameters
    ----------
    actions, groups : sequence of str
        The action and the group of each clip.

    Raises
    ------
    ValueError
        If there are fewer than two actions, or if an action has clips of only one group.
    """
    names = sorted(set(actions))
    if len(names) < 2:
        found = f"only one action ({names[0]})" if names else "no clip that can be read"
        raise ValueError(f"found {found}, but at least two actions are required. Put the clips of each into a folder of its own.")
    for name in names:
        own = [group for action, group in zip(actions, groups) if action == name]
        if len(set(own)) == 1:
            found, more = f"all {len(own)} clips of {name!r} are in one group ({own[0]})", "group"
            if len(own) == 1:
                found, more = f"{name!r} has only one clip", "clip"
            raise ValueError(
                f"{found}, but each action needs at least two {more}s, to learn from one and test on another. Record another "
                f"{more}, or remove the action's folder."
            )


def require_outside(path: str | os.PathLike, folder: str | os.PathLike) -> None:
    """Raise ValueError if files to be written are in a folder of clips, where they would be taken for clips."""
    if Path(path).expanduser().resolve().is_relative_to(Path(folder).expanduser().resolve()):
        raise ValueError(f"{path} is in the folder of the clips. Choose a place outside {folder}.")


def is_label(text: str) -> bool:
    """Return whether a text can be a label: one line, not empty, of valid Unicode."""
    return text.splitlines() == [text] and text.encode("utf-8", "replace").decode("utf-8") == text
