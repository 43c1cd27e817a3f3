"""Compute features of many clips, with all cores of this computer or on a cluster: write their files, and list the failures."""

import errno
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distributed import Client
from tqdm.auto import tqdm

from ...basics.cache import expanded
from ...basics.messages import ModelError, show_progress, without_secrets
from ...clips.actions import require_outside
from ...clips.folders import UCF101_WORD, Clip, source_clips
from ...models.loading import can_use_gpu, of_stream
from ..over_time import sampling
from ..records import Record
from .arrays import require_own_arrays, write_arrays
from .cluster import DASHBOARD, LONG_MEMORY, MEMORY, local_client, remote_client
from .table import FAILURES, MANIFEST, About, ManifestRow, intact_row, prepare, write_failures, write_features, write_manifest
from .task import Clock, Outcome, absolute, describe_clip, model_key
from .workers import completed

IN_A_ROW = 20  # failures, not due to the clips' files, after which the rest would most likely fail, too
TIME_LIMIT = 3600.0  # seconds for a clip: far more than any takes, except an hour of video or more, row by row
DIED = "the process died twice while working on this clip: it ran out of memory, or the decoder crashed or hung"


@dataclass
class Extraction:
    """The report of a run. Displayed as text."""

    out: Path  # the folder of features
    done: int = 0  # clips whose features were computed in this run
    skipped: int = 0  # clips that were already done
    failed: dict[str, str] = field(default_factory=dict)  # the reason for each clip that failed
    copies: int = 0  # clips with the same content as another one; their lines in the manifest have the same `sha256`
    seconds: float = 0.0  # duration of the run
    stages: Counter = field(default_factory=Counter)  # seconds of all processes together: fetch, decode, compute and write

    @property
    def summary(self) -> str:
        """The report in one line, for scripts."""
        rate = self.done / self.seconds if self.seconds else 0
        return f"done {self.done}, skipped {self.skipped}, failed {len(self.failed)}, {rate:.2f} clips per second"

    def __str__(self) -> str:
        lines = [f"{self.out} contains the features of {self.done + self.skipped} clips"]
        if self.failed:
            lines += [f"failed: {len(self.failed)}, listed in {self.out / FAILURES}"]
            lines += [f"  {name}: {reason}" for name, reason in sorted(self.failed.items())[:5]]
        if self.copies:
            lines += [f"copies of other clips: {self.copies}; their lines in {self.out / MANIFEST} have the same sha256"]
        if self.done:
            stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in self.stages.items())
            lines += [f"seconds in all processes together: {stages}; duration of the run: {self.seconds:.1f}"]
        return "\n".join([*lines, self.summary])

    __repr__ = __str__


def extract_features(
    source: str | os.PathLike,
    out: str | os.PathLike,
    model: str | os.PathLike = "i3d",
    *,
    every: int | None = None,
    window: int | None = None,
    step: int | None = None,
    stream: str | None = None,
    flow: str = "tvl1",
    format: str = "npz",
    groups: str | os.PathLike | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    dashboard: str | None = DASHBOARD,
    time_limit: float = TIME_LIMIT,
) -> Extraction:
    """Compute the features of each clip of a source, like `features`, in several processes. Existing results are kept.

    With `every` or `window`, compute features over time, like `features_over_time`.

    Parameters
    ----------
    source : str or Path
        A folder, see `helpers.clips.folders.folder_clips`, or the word "ucf101" for `UCF101()`. (For a folder of that name, pass
        "./ucf101".)
    out : str or Path
        The folder to write: a file for each clip, `manifest.csv`, and `failures.csv`. `load_features` reads it.
    model : str or Path
        As in `load_model`.
    every, window, step : int, optional
        Which rows over time to compute; see `features_over_time`. Default: one row for each clip.
    stream : str, optional
        "rgb", "flow" or "both", of the I3D that `model` names; `load_model` has names for them, too.
    flow : str
        The method of optical flow; see `features_over_time`.
    format : str
        "npz", or "npy" to write the rows over time also as `<clip>.npy`, float32 `[T', K]`, with `dataset.yaml`, for
        localization networks such as ActionFormer; see `helpers.learn.many_clips.arrays`.
    groups : str or Path, optional
        A table with the group of each clip; see `helpers.clips.folders.read_groups`.
    scheduler : str, optional
        Address of a running Dask scheduler, such as `tcp://lab:8786`. Its workers must have the same helpers, and see the folder
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
        A report, which `print` shows as text: `done`, `skipped`, `failed`, `copies`, `seconds`, `stages`, `summary`.

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
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}.")
    chosen = sampling(every, window, step, flow)
    if format not in ("npz", "npy"):
        raise ValueError(f"format must be 'npz' or 'npy', not {format!r}.")
    if format == "npy" and not chosen:
        raise ValueError("format 'npy' is for rows over time: add every, or window and step (--every, or --window and --step).")
    start, folder = time.perf_counter(), expanded(out).absolute()
    clips = source_clips(source, groups)
    if source != UCF101_WORD:
        require_apart(folder, expanded(source).absolute())
    prepare(folder)
    if format == "npy":
        require_own_arrays(folder, clips)
    handle = of_stream(model, stream) if stream else absolute(model)
    local = (workers, dashboard, can_use_gpu(handle), LONG_MEMORY if chosen else MEMORY)
    with local_client(*local) if scheduler is None else remote_client(scheduler) as client:
        if scheduler is None and dashboard is not None:
            print(f"dashboard: {client.dashboard_link}", file=sys.stderr, flush=True)
        if scheduler is not None and not clips[0].page:
            require_visible(client, clips[0].path)
        loading = completed(client, model_key, [handle], chosen)  # meanwhile, this process checks the files
        rows = {clip.name: row for clip in clips if (row := intact_row(folder, clip))}
        [(_, key)] = loading  # waits for the only result
        if key is None:
            raise ModelError(f"the process died while loading {handle}. Is there enough memory?")
        run = Run(folder, clips, key, rows, time_limit, as_arrays=format == "npy")
        options: dict[str, Any] = {"time_limit": time_limit, "started": run.started}
        run.go(lambda clips, **more: completed(client, describe_clip, clips, handle, key, chosen, **options, **more))
    run.report.seconds = time.perf_counter() - start
    return run.report


def require_apart(out: Path, source: Path) -> None:
    """Raise ValueError if features would be written among clips: if one of the folders is in the other."""
    require_outside(out, source)
    if source.resolve().is_relative_to(out.resolve()):
        raise ValueError(f"the clips of {source} are in {out}, where features would be taken for clips. Choose another --out.")


def require_visible(client: Client, clip: Path) -> None:
    """Raise ValueError if a worker does not see a clip."""
    blind = [worker for worker, sees in client.run(os.path.exists, str(clip)).items() if not sees]
    if blind:
        raise ValueError(f"the worker {blind[0]} does not see {clip}. Use a folder that all workers see at the same path.")


class Run:
    """The state of a run: all clips, those that are done (lines of the manifest, by name), and the report."""

    def __init__(
        self,
        out: Path,
        clips: list[Clip],
        key: str,
        rows: Mapping[str, ManifestRow],
        time_limit: float = TIME_LIMIT,
        as_arrays: bool = False,
    ) -> None:
        self.out, self.clips, self.key, self.time_limit, self.as_arrays = out, clips, key, time_limit, as_arrays
        self.started: dict[Clip, float] = {}  # the clips that are being worked on, as in `completed`
        self.rows = {name: row for name, row in rows.items() if row.key == key}  # features of another model count as missing
        self.replaced = len(rows) - len(self.rows)
        self.report = Extraction(out, skipped=len(self.rows))
        self.suspects: list[Clip] = []  # one of them made its process die
        self.in_a_row: Counter[str] = Counter()  # failures since the last success, by stage

    def go(self, describe: Callable[..., Iterable[tuple[Clip, Outcome | None]]]) -> None:
        """Describe the missing clips with `describe`, which yields as `completed` does; write the tables, even after an error."""
        todo = [clip for clip in self.clips if clip.name not in self.rows]
        if self.replaced:  # they took time to compute
            print(
                f"{self.out} contains features of {self.replaced} clip{'s' if self.replaced > 1 else ''} from another model, "
                "version or sampling (--every, --window), which will be replaced. To keep them, press Ctrl-C now and choose "
                "another folder with --out.",
                file=sys.stderr,
                flush=True,
            )
        random.shuffle(todo)  # so that two runs share the work, and the estimated time left is not based on one action
        bar = tqdm(total=len(self.clips), initial=len(self.rows), unit=" clips", disable=not show_progress(), smoothing=0.02)
        try:
            with bar:
                for clip, outcome in describe(self.still_missing(todo, bar)):
                    self.take(clip, outcome, suspect=True)
                    bar.update(clip.name in self.rows or clip.name in self.report.failed)  # or it is tried again, alone
                # One at a time: if a process dies again, its own clip is the cause.
                for clip, outcome in describe(iter(self.suspects), at_once=1):
                    self.take(clip, outcome, suspect=False)
                    bar.update()
        except BaseException:
            for clip in self.started.copy():
                reason = f"it was being worked on for {self.seconds_of(clip):.0f} s when the run stopped"
                self.report.failed.setdefault(clip.name, reason)
            with suppress(OSError):  # the disk may be full; the first error is the one to report
                self.write_tables()
            raise
        self.write_tables()

    def still_missing(self, clips: Iterable[Clip], bar: tqdm) -> Iterator[Clip]:
        """Yield the clips that no other run has finished in the meantime."""
        for clip in clips:
            row = intact_row(self.out, clip)
            if row and row.key == self.key:
                self.rows[clip.name] = row
                self.report.skipped += 1
                bar.update()
            else:
                yield clip

    def take(self, clip: Clip, outcome: Outcome | None, suspect: bool) -> None:
        """Write the features of a clip, or note why there are none. Raises OSError as `write` and `require_hope` do."""
        if outcome:
            self.report.stages.update(outcome.seconds)
        if outcome and outcome.record and outcome.about:
            self.write(clip, outcome.record, outcome.about)
        elif outcome:
            self.report.failed[clip.name] = outcome.reason
            self.in_a_row[outcome.stage] += 1
            self.require_hope(outcome.reason.rstrip("."))
        elif self.seconds_of(clip) > 0.9 * self.time_limit:  # its start was noted a little later
            limit = f"{self.time_limit:.0f} s"
            self.report.failed[clip.name] = f"it took more than {limit}, so it was given up; --time-limit allows more"
        elif suspect:
            self.suspects.append(clip)
        else:
            self.report.failed[clip.name] = DIED

    def write(self, clip: Clip, record: Record, about: About) -> None:
        """Write the features of a clip; raise OSError if that fails for a reason other than its name."""
        clock = Clock()
        try:
            self.rows[clip.name] = write_features(self.out, clip, record, about)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise cannot_write(self.out, error) from None
            self.report.failed[clip.name] = "the name is too long for a file of its features: rename it."
            return
        clock.stop("write")
        self.report.stages.update(clock.seconds)
        self.report.done += 1
        self.in_a_row.clear()

    def require_hope(self, reason: str) -> None:
        """Raise OSError if the next clips would most likely fail, too."""
        if self.in_a_row["fetch"] == IN_A_ROW:
            raise OSError(f"{IN_A_ROW} clips in a row failed, so the run stopped. The last error: {reason}. Run it again later.")
        if self.in_a_row["compute"] == IN_A_ROW and not self.rows:  # a model may reject any number of clips, but not all
            raise OSError(
                f"the model failed for the first {IN_A_ROW} clips, so the run stopped. The last error: {reason}. Does the model "
                "work with these clips?"
            )

    def seconds_of(self, clip: Clip) -> float:
        """Return for how many seconds a worker has been working on a clip."""
        return time.monotonic() - self.started.get(clip, float("inf"))

    def write_tables(self) -> None:
        """Write the manifest and the failures."""
        try:
            lines = write_manifest(self.out, self.clips, self.rows, self.key)
            self.report.copies = len(lines) - len({line.sha256 for line in lines})
            done = {line.name for line in lines}  # including those of another run
            write_failures(self.out, {name: why for name, why in self.report.failed.items() if name not in done})
            if self.as_arrays:
                write_arrays(self.out, self.clips, lines)
        except OSError as error:
            raise cannot_write(self.out, error) from None


def cannot_write(out: Path, error: OSError) -> OSError:
    """Return the error for a folder that cannot be written to."""
    return OSError(
        without_secrets(
            f"{out} cannot be written to: {error.strerror or error}. Free some space or choose another folder, and run it again: "
            "finished clips are kept."
        )
    )
