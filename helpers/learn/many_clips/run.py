"""Compute features of many clips, with all cores of this computer or on a cluster."""

import os
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from distributed import Client

from ...basics.messages import ModelError
from ...clips.actions import require_outside
from ...clips.folders import UCF101_WORD, source_clips
from ...models.loading import can_use_gpu
from .cluster import DASHBOARD, local_client, remote_client
from .files import intact_row, prepare
from .report import TIME_LIMIT, Extraction, Run
from .task import absolute, describe_clip, model_key
from .workers import completed, wait_for


def extract_features(
    source: str | os.PathLike,
    out: str | os.PathLike,
    model: str | os.PathLike = "i3d",
    *,
    groups: str | os.PathLike | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    dashboard: str | None = DASHBOARD,
    time_limit: float = TIME_LIMIT,
) -> Extraction:
    """Compute the features of each clip of a source, like `features`, in several processes. Existing results are kept.

    Parameters
    ----------
    source : str or Path
        A folder, or "ucf101"; see `helpers.clips.folders.source_clips`.
    out : str or Path
        The folder to write: a file for each clip, `manifest.csv`, and `failures.csv`. `load_features` reads it.
    model : str or Path
        As in `load_model`.
    groups : str or Path, optional
        A table with the group of each clip; see `helpers.clips.groups.read_groups`.
    scheduler : str, optional
        Address of a running Dask scheduler, such as tcp://lab:8786. Its workers must have the same helpers, and see the folder
        of clips at the same path; this computer writes `out`. Default: processes on this computer.
    workers : int, optional
        Number of processes on this computer. Default: one for each GPU if the model can use one, or as many as cores and memory
        allow.
    dashboard : str, optional
        Address and port of Dask's dashboard on this computer; None disables it. Anyone who can reach it sees the clips' names.
    time_limit : float
        Seconds after which a clip is given up, and its process is ended: a decoder may never return. Default: an hour.

    Returns
    -------
    Extraction
        A report, which `print` shows as text.

    Raises
    ------
    OSError, ValueError, DownloadError, ModelError
        If the source, the model, the scheduler, or the folder `out` cannot be used; if the scheduler is lost, or has no workers
        for ten minutes; or if 20 clips in a row fail for a reason other than their files, such as a lost connection. Finished
        clips are kept, and the next run continues from there.

    Notes
    -----
    In a script, put the call under `if __name__ == "__main__":`, because the worker processes import the script.
    """
    if not time_limit > 0:
        raise ValueError(f"time_limit must be a positive number of seconds, not {time_limit}.")
    start, folder = time.perf_counter(), Path(out).expanduser().absolute()
    clips = source_clips(source, groups)
    if source != UCF101_WORD:
        require_apart(folder, Path(source).expanduser().absolute())
    prepare(folder)
    handle = absolute(model)
    with connect(scheduler, workers, dashboard, can_use_gpu(handle)) as client:
        if scheduler is None and dashboard is not None:
            print(f"dashboard: {client.dashboard_link}", file=sys.stderr, flush=True)
        if scheduler is not None and clips[0].path:
            require_visible(client, clips[0].path)
        loading = client.submit(model_key, handle, pure=False)  # meanwhile, this process checks the files
        rows = {clip.name: row for clip in clips if (row := intact_row(folder, clip))}
        key = wait_for(client, loading)
        if key is None:
            raise ModelError(f"the process died while loading {handle}. Is there enough memory?")
        run = Run(folder, clips, key, rows, time_limit)
        options: dict[str, Any] = {"time_limit": time_limit, "started": run.started}
        run.go(lambda clips, **more: completed(client, describe_clip, clips, handle, key, **options, **more))
    run.report.seconds = time.perf_counter() - start
    return run.report


def connect(scheduler: str | None, workers: int | None, dashboard: str | None, gpus: bool) -> AbstractContextManager[Client]:
    """Return the client of a running scheduler, or of new processes on this computer, with or without its GPUs."""
    return local_client(workers, dashboard, gpus) if scheduler is None else remote_client(scheduler)


def require_apart(out: Path, source: Path) -> None:
    """Raise ValueError if features would be written among clips: if one of the folders is in the other."""
    require_outside(out, source)
    if source.resolve().is_relative_to(out.resolve()):
        raise ValueError(f"the clips of {source} are in {out}, where features would be taken for clips. Choose another --out.")


def require_visible(client: Client, clip: str) -> None:
    """Raise ValueError if a worker does not see a clip."""
    blind = [worker for worker, sees in client.run(os.path.exists, clip).items() if not sees]
    if blind:
        raise ValueError(f"the worker {blind[0]} does not see {clip}. Use a folder that all workers see at the same path.")
