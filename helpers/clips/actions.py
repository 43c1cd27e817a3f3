"""Clips to learn from: those of a folder that have an action, can be read, and are not copies."""

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import cv2

from ..basics.cache import expanded, file_sha256
from ..video.metadata import VideoError
from ..video.reading import iterate_frames
from .folders import Clip, folder_clips

NO_ACTION = "it is not in the folder of an action"
OTHER = "other"  # the folder of clips that show none of the actions
NOT_LEARNED = f"Clips in the folder {OTHER!r} are not learned as an action"


def action_clips(folder: str | os.PathLike, table: str | os.PathLike | None = None) -> tuple[list[Clip], dict[Path, str]]:
    """Return the clips of a folder that have an action, with their hashes, and what was left out, with the reasons.

    See `folder_clips`. Raises ValueError if the name of a folder is not one line of text.
    """
    listed, left_out = folder_clips(Path(folder), table)
    clips = []
    for clip in listed:
        path = clip.path
        if not clip.action:
            left_out[path] = NO_ACTION
            continue
        if not is_label(clip.action):
            raise ValueError(
                f"the name of the folder {clip.action!r} is not one line of text: rename it, so that it can be a label."
            )
        try:
            if path.stat().st_size:
                clips.append(clip._replace(sha256=content_sha256(path)))
            else:
                left_out[path] = "it is empty (0 bytes)"
        except OSError as error:
            left_out[path] = str(error.strerror)
    return clips, left_out


def content_sha256(path: Path) -> str:
    """Return the hash of a file; a widget asks for it at each message, so it is cached until the file changes."""
    status = path.stat()
    return _cached_sha256(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=100_000)
def _cached_sha256(path: Path, size: int, modified: int) -> str:
    return file_sha256(path)


def readable(clips: Iterable[Clip], left_out: dict[Path, str]) -> list[Clip]:
    """Return the clips whose first frame can be decoded; add the others to `left_out`."""
    found = []
    for clip in clips:
        try:
            next(iterate_frames(clip.path))
            found.append(clip)
        except (OSError, VideoError, cv2.error) as error:
            left_out[clip.path] = str(error)
    return found


def without_copies(clips: Iterable[Clip], left_out: dict[Path, str], then: str = "") -> list[Clip]:
    """Return the clips without copies of another clip of the same action, which are added to `left_out`.

    Raises ValueError if a file is under two actions. `then` is what to do after one was deleted, for the message.
    """
    first_with: dict[str, Clip] = {}
    for clip in clips:
        same = first_with.setdefault(clip.sha256, clip)
        if same.action != clip.action:
            raise ValueError(
                f"{clip.name} and {same.name} are the same file, under two actions: delete the one whose action is wrong{then}."
            )
        if same is not clip:
            left_out[clip.path] = f"it is the same file as {same.path.name}"
    return list(first_with.values())


def is_other(clip: Clip) -> bool:
    """Return whether a clip is in the folder `other`, in upper or lower case, so that it shows none of the actions."""
    return clip.action.casefold() == OTHER


def require_learnable(clips: Sequence[Clip]) -> None:
    """Raise ValueError if there are fewer than two actions besides `other`, or if an action has clips of only one group."""
    names = sorted({clip.action for clip in clips if not is_other(clip)})
    if len(names) < 2:
        has_other = any(map(is_other, clips))
        found = f"only one action ({names[0]})" if names else "no action" if has_other else "no clip of an action"
        note = f" {NOT_LEARNED}." if has_other else ""
        raise ValueError(
            f"found {found}, but at least two actions are required. Put the clips of each into a folder of its own, "
            f"<action>/<clip>.{note}"
        )
    for name in names:
        own = [clip.group for clip in clips if clip.action == name]
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
    if expanded(path).resolve().is_relative_to(expanded(folder).resolve()):
        raise ValueError(f"{path} is in the folder of the clips. Choose a place outside {folder}.")


def is_label(text: str) -> bool:
    """Return whether a text can be a label: one line, not empty, of valid Unicode."""
    return text.splitlines() == [text] and text.encode("utf-8", "replace").decode("utf-8") == text
