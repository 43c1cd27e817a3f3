"""Find the clips of a folder of features, to learn from them as from a folder of clips."""

from collections.abc import Mapping
from pathlib import Path

from ..clips.actions import ActionClip
from ..models.video_model import VideoModel
from .many_clips.files import FAILURES, MANIFEST, read_table
from .many_clips.table import read_clips
from .many_clips.task import absolute, key_of
from .pipeline import why_too_short
from .record import ClipFeatures


def is_features_folder(folder: Path) -> bool:
    """Return whether a folder contains the manifest of features."""
    return (folder / MANIFEST).is_file() and {"key", "file"} <= set(read_table(folder / MANIFEST)[0])


def described_clips(folder: Path) -> tuple[list[ActionClip], dict[Path, ClipFeatures], dict[Path, str]]:
    """Find the clips of a folder of features that have an action, without copies.

    Parameters
    ----------
    folder : Path
        A folder that `extract_features` or `python -m helpers features` wrote.

    Returns
    -------
    list of ActionClip
        In the order of the manifest. A path is that of the clip below its folder, as if this were the folder of clips.
    dict of Path to ClipFeatures
        Their features.
    dict of Path to str
        Clips that were left out, and why: they failed, have no action, or are copies of another clip of the same action.

    Raises
    ------
    OSError, ValueError
        As in `load_features`, or if a clip has two actions.
    """
    clips, records, left_out = [], {}, failed_clips(folder)
    first_with: dict[str, ActionClip] = {}
    for row, record, _ in read_clips(folder):
        clip = ActionClip(folder / row.name, row.action, row.sha256, row.group)
        if not row.action:
            left_out[clip.path] = "it is not in the folder of an action"
            continue
        same = first_with.setdefault(row.sha256, clip)
        if same.action != clip.action:
            name = same.path.relative_to(folder).as_posix()
            raise ValueError(
                f"{row.name} and {name} are the same file, under two actions: delete the one whose action is wrong, and run the "
                "command `features` again."
            )
        if same is not clip:
            left_out[clip.path] = f"it is the same file as {same.path.name}"
            continue
        clips.append(clip)
        records[clip.path] = record
    return clips, records, left_out


def failed_clips(folder: Path) -> dict[Path, str]:
    """Return the clips in the list of failures, and the reasons."""
    if not (folder / FAILURES).is_file():
        return {}
    return {folder / str(line.get("name")): str(line.get("reason")) for line in read_table(folder / FAILURES)[1]}


def require_computed_with(model: VideoModel, handle: str, folder: Path) -> None:
    """Raise ValueError unless a model, as loaded from its handle, computed the features in a folder."""
    key = key_of(model.network or model, absolute(handle))
    other = next((about for row, _, about in read_clips(folder) if row.key != key), None)
    if other is not None:
        raise ValueError(
            f"the features in {folder} were computed with {other.model or 'another model'}, or with another version of the "
            f"helpers, not with {model.name} as it is now. Name their model with --model, or run the command `features` again."
        )


def without_short(model: VideoModel, records: Mapping[Path, ClipFeatures], left_out: dict[Path, str]) -> dict[Path, ClipFeatures]:
    """Return the features of the clips that the model can predict; add the others to `left_out`."""
    short = {path: why for path, record in records.items() if (why := why_too_short(model, record))}
    left_out.update(short)
    return {path: record for path, record in records.items() if path not in short}
