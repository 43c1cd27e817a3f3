"""The gestures of a teachable machine: their names, and their clips, as `python -m helpers learn` expects."""

import base64
import os
import re
import unicodedata
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import count, islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..clips.actions import action_clips, is_other, without_copies
from ..clips.folders import Clip
from ..models.learned.rejection import NONE
from ..video.metadata import VideoError
from ..video.reading import iterate_frames
from ..video.writing import write_video

BEGIN_WITH = 3  # gestures
LONGEST_NAME = 40  # characters
NOT_IN_NAMES = set('/\\<>:"|?*')  # not allowed in the names of folders on some systems
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE)  # on Windows
LEAST = 2  # clips needed of each gesture: one to learn from, one to test on
QUALITY = 10  # H.264's constant rate factor; the losses are invisible
STILL = 96  # pixels
STILL_FPS, STILL_FRAME = 5, 7  # a still is the eighth frame, at five frames per second


class Gestures:
    """Gestures with and without clips in a folder. Methods return a sentence about what they changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []  # at first, those in the folder, and new ones up to three

    def state(self) -> dict[str, Any]:
        """Return what a widget shows of the gestures."""
        clips, left_out = list_clips(self.folder)
        first = not self.names
        self.names += sorted({clip.action for clip in clips} - set(self.names))
        while first and len(self.names) < BEGIN_WITH:
            self.add()
        pictures: dict[str, list[dict[str, str]]] = {name: [] for name in self.names}
        for clip in clips:
            pictures[clip.action].append({"file": clip.name.partition("/")[2], "still": still(clip)})  # below its folder
        return {
            "gestures": [{"name": name, "clips": shown} for name, shown in pictures.items()],
            "learnable": len(learnable(clips)) >= 2,
            "left_out": [f"{path.relative_to(self.folder).as_posix()}: {why}" for path, why in sorted(left_out.items())],
        }

    def add(self) -> str:
        """Add a gesture with a name that is not taken."""
        self.names.append(next(name for name in map("gesture {}".format, count(1)) if name not in self.names))
        return f"Added {self.names[-1]}."

    def remove(self, gesture: str) -> str:
        """Remove a gesture that has no clips."""
        if self.clips_of(gesture):
            raise ValueError(f"{gesture!r} has clips: delete them first.")
        self.names.pop(self.position(gesture))
        return f"Removed {gesture}."

    def rename(self, gesture: str, name: str) -> str:
        """Rename a gesture, and its folder."""
        position = self.position(gesture)
        name = to_name(name, [other for other in self.names if other != gesture])
        if name == gesture:  # only spaces around it were changed
            return ""
        new = self.folder / name
        self.require_one_folder(gesture)
        for old in self.folders_of(gesture):
            if new.exists() and not new.samefile(old):
                raise FileExistsError(f"The folder {new} already exists. Choose another name.")
            old.rename(new)
        self.names[position] = name
        return f"Renamed {gesture} to {name}."

    def record(self, gesture: str, frames: np.ndarray, fps: float) -> str:
        """Save a clip, as `write_clip` does, with the gesture's other clips."""
        self.position(gesture)
        name = next((folder.name for folder in self.folders_of(gesture)), gesture)
        return f"Saved in {self.short(write_clip(self.folder, name, frames, fps))}."

    def delete(self, gesture: str, file: str) -> str:
        """Delete a clip that is listed, and its folder if that is now empty."""
        self.require_one_folder(gesture)  # both may contain a clip of this name
        for clip in self.clips_of(gesture):
            if clip.name.partition("/")[2] == file:
                clip.path.unlink()
                if not any(clip.path.parent.iterdir()):
                    clip.path.parent.rmdir()
                return f"Deleted {self.short(clip.path)}."
        raise FileNotFoundError(f"{gesture}/{file} no longer exists.")

    def require_one_folder(self, gesture: str) -> None:
        """Raise FileExistsError if a gesture has two folders, whose names differ in how accents are encoded."""
        if len(folders := self.folders_of(gesture)) > 1:
            raise FileExistsError(f"{gesture!r} has {len(folders)} folders in {self.folder}. Move all its clips into one first.")

    def short(self, path: Path) -> str:
        """Return a path below the folder, with the folder's own name in front."""
        return path.relative_to(self.folder.parent).as_posix()

    def position(self, gesture: str) -> int:
        """Return the position of a name."""
        if gesture not in self.names:
            raise ValueError(f"The gesture {gesture!r} no longer exists.")
        return self.names.index(gesture)

    def folders_of(self, gesture: str) -> list[Path]:
        """Return the folder of a gesture's clips, if it has any. Its name may encode accents in another way, as on macOS."""
        return sorted({self.folder / clip.name.partition("/")[0] for clip in self.clips_of(gesture)})

    def clips_of(self, gesture: str) -> list[Clip]:
        """Return the clips of a gesture."""
        return [clip for clip in list_clips(self.folder)[0] if clip.action == gesture]


def to_name(text: str, others: Sequence[str]) -> str:
    """Return a name without surrounding spaces. Raises ValueError if it is taken, or cannot name a folder on every system."""
    name = unicodedata.normalize("NFC", text.strip())
    if unwanted := " ".join(sorted(NOT_IN_NAMES & set(name))):
        raise ValueError(f"The name {name!r} contains {unwanted}, which a folder's name cannot contain. Choose another name.")
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"The name {name[:LONGEST_NAME]!r} cannot be used. Choose 1 to {LONGEST_NAME} characters on one line.")
    if name[0] == "." or name[-1] == ".":
        raise ValueError(f"The name {name!r} starts or ends with a dot, which a folder's name must not. Choose another name.")
    if DEVICES.fullmatch(name):
        raise ValueError(f"The name {name!r} means a device on Windows, so a folder cannot have it. Choose another name.")
    if name == NONE:
        raise ValueError(f"The name {name!r} is the label of everything that resembles no gesture. Choose another name.")
    if name.casefold() in [other.casefold() for other in others]:
        raise ValueError(f"The name {name!r} is taken. Choose a different name for each gesture.")
    return name


def list_clips(folder: Path) -> tuple[list[Clip], dict[Path, str]]:
    """Return the clips of a folder that can be read, and the files that were left out, with the reasons; see `action_clips`.

    The clips are sorted by gesture and, if they are numbered, by number. The folder may not exist yet.
    """
    if not folder.exists():
        return [], {}
    clips, left_out = action_clips(folder)
    found = []
    for clip in sorted(clips, key=lambda clip: (clip.action, len(clip.path.stem), clip.path.stem)):
        try:
            still(clip)
            if clip.path.parent == folder:  # a file name like UCF101's states an action, but no folder contains it
                left_out[clip.path] = "it is not in the folder of a gesture"
            else:
                found.append(clip)
        except (OSError, VideoError, cv2.error) as error:
            left_out[clip.path] = str(error)
    return without_copies(found, left_out), left_out


@lru_cache(maxsize=1000)
def still(clip: Clip) -> str:
    """Return a small picture of a clip as a `data:` address."""
    frames = list(islice(iterate_frames(clip.path, STILL_FPS), STILL_FRAME + 1))
    if not frames:
        raise VideoError(f"{clip.path} is shorter than one frame at {STILL_FPS} frames per second. Record a longer clip.")
    height, width = frames[-1].shape[:2]
    small = cv2.resize(frames[-1], (round(STILL * width / height), STILL), interpolation=cv2.INTER_AREA)
    _, content = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    return f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode()}"


def write_clip(folder: Path, gesture: str, frames: np.ndarray, fps: float) -> Path:
    """Write a clip, uint8 `[T, H, W, 3]`, to `folder/<gesture>/<n>.mp4`, with the first number that is not taken.

    Raises VideoError if it cannot be written, for example because the disk is full; nothing is left behind.
    """
    part = folder / f".{uuid.uuid4().hex}.part.mp4"  # a later `replacing` removes it if this kernel is killed
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_video(frames, part, fps, QUALITY)
        (folder / gesture).mkdir(exist_ok=True)
        path = new_file(folder / gesture)
        try:
            os.replace(part, path)
        except OSError:
            path.unlink()
            raise
    except (OSError, VideoError) as error:
        with suppress(OSError):  # it was never created
            part.unlink()
        why = getattr(error, "strerror", None) or str(error).partition("\n")[0].rstrip(".").replace(part.name, "the file")
        raise VideoError(f"The clip was not saved in {folder / gesture}: {why}. Is the disk full?") from None
    return path


def new_file(folder: Path) -> Path:
    """Create an empty file, `<n>.mp4`, with the first number that no clip has; another kernel cannot get the same one."""
    for n in count(1):
        path = folder / f"{n}.mp4"
        if not any(folder.glob(f"{n}.*")):
            with suppress(FileExistsError):
                path.touch(exist_ok=False)
                break
    return path


def learnable(clips: Sequence[Clip]) -> list[str]:
    """Return the gestures that have enough clips, without the folder `other`."""
    counts = Counter(clip.action for clip in clips if not is_other(clip))
    return sorted(name for name, count in counts.items() if count >= LEAST)


def with_enough(clips: Sequence[Clip]) -> list[Clip]:
    """Return the clips of the gestures that have enough. Raises ValueError if there are fewer than two such gestures."""
    names = learnable(clips)
    if len(names) < 2:
        found = f"only {names[0]!r} has" if names else "no gesture has"
        raise ValueError(f"There are too few clips: {found} {LEAST} or more that can be read. Record at least two such gestures.")
    return [clip for clip in clips if clip.action in names]
