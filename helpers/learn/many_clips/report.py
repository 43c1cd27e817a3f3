"""Process the clips of a run: write their files, list the failures, and return a report."""

import errno
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tqdm.auto import tqdm

from ...basics.messages import show_progress, without_secrets
from ...clips.folders import SourceClip
from .files import FAILURES, MANIFEST, ManifestRow, intact_row, write_failures, write_features, write_manifest
from .task import Clock, Outcome

IN_A_ROW = 20  # failures, not due to the clips' files, after which the rest would most likely fail, too
TIME_LIMIT = 3600.0  # seconds for a clip: far more than any takes that fits into memory
DIED = "the process died twice while working on this clip: it ran out of memory, or the decoder crashed or hung"


@dataclass
class Extraction:
    """The report of a run.

    Attributes
    ----------
    out : Path
        The folder of features.
    done, skipped : int
        Number of clips whose features were computed in this run, and of clips that were already done.
    failed : dict of str to str
        The reason for each clip that failed.
    copies : int
        Number of clips with the same content as another one; their lines in the manifest have the same `sha256`.
    seconds : float
        Duration of the run.
    stages : dict of str to float
        Seconds that all processes together spent in each stage: fetch, decode, compute and write.
    """

    out: Path
    done: int = 0
    skipped: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    copies: int = 0
    seconds: float = 0.0
    stages: Counter = field(default_factory=Counter)

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


class Run:
    """The state of a run: all clips, those that are done, and the report.

    Parameters
    ----------
    out : Path
        The folder of features.
    clips : list of SourceClip
        All clips of the source.
    key : str
        Key of the model.
    rows : dict of str to ManifestRow
        Lines of the manifest for the clips that have features. Features of another model count as missing.
    time_limit : float
        Seconds after which the process that works on a clip is ended.

    Attributes
    ----------
    started : dict of SourceClip to float
        The clips that are being worked on, and when each was started, as in `completed`.
    """

    def __init__(
        self, out: Path, clips: list[SourceClip], key: str, rows: Mapping[str, ManifestRow], time_limit: float = TIME_LIMIT
    ) -> None:
        self.out, self.clips, self.key, self.time_limit = out, clips, key, time_limit
        self.started: dict[SourceClip, float] = {}
        self.rows = {name: row for name, row in rows.items() if row.key == key}
        self.replaced = len(rows) - len(self.rows)
        self.report = Extraction(out, skipped=len(self.rows))
        self.suspects: list[SourceClip] = []
        self.in_a_row: Counter[str] = Counter()  # failures since the last success, by stage

    def go(self, describe: Callable[..., Iterable[tuple[SourceClip, Outcome | None]]]) -> None:
        """Describe the missing clips. Write the manifest and the failures, even after an error.

        Parameters
        ----------
        describe : callable
            Takes an iterator of clips, and yields each clip and its outcome, or None if the process died; see `completed`.
        """
        todo = [clip for clip in self.clips if clip.name not in self.rows]
        self.announce_replacements()
        random.shuffle(todo)  # so that two runs share the work, and the estimated time left is not based on one action
        bar = tqdm(total=len(self.clips), initial=len(self.rows), unit=" clips", disable=not show_progress(), smoothing=0.02)
        try:
            with bar:
                for clip, outcome in describe(self.still_missing(todo, bar)):
                    self.take(clip, outcome, suspect=True)
                    bar.update(outcome is not None)
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

    def announce_replacements(self) -> None:
        """Print how many clips have features from another model, which took time to compute."""
        if self.replaced:
            print(
                f"{self.out} contains features of {self.replaced} clip{'s' if self.replaced > 1 else ''} from another model or "
                "version, which will be replaced. To keep them, press Ctrl-C now and choose another folder with --out.",
                file=sys.stderr,
                flush=True,
            )

    def still_missing(self, clips: Iterable[SourceClip], bar: tqdm) -> Iterator[SourceClip]:
        """Yield the clips that no other run has finished in the meantime."""
        for clip in clips:
            row = intact_row(self.out, clip) if (self.out / clip.file).exists() else None
            if row and row.key == self.key:
                self.rows[clip.name] = row
                self.report.skipped += 1
                bar.update()
            else:
                yield clip

    def take(self, clip: SourceClip, outcome: Outcome | None, suspect: bool) -> None:
        """Write the features of a clip, or note why there are none.

        Raises
        ------
        OSError
            If the file cannot be written, or if too many clips in a row failed.
        """
        is_overdue = self.seconds_of(clip) > 0.9 * self.time_limit  # its start was noted a little later
        if outcome is None and suspect and not is_overdue:
            self.suspects.append(clip)
            return
        if outcome is not None:
            self.report.stages.update(outcome.seconds)
        if outcome and outcome.record and outcome.about:
            clock = Clock()
            try:
                self.rows[clip.name] = write_features(self.out, clip, outcome.record, outcome.about)
            except OSError as error:
                if error.errno != errno.ENAMETOOLONG:
                    raise cannot_write(self.out, error) from None
                self.report.failed[clip.name] = "the name is too long for a file of its features: rename it."
                return
            clock.stop("write")
            self.report.stages.update(clock.seconds)
            self.report.done += 1
            self.in_a_row.clear()
            return
        died = f"it took more than {self.time_limit:.0f} s, so it was given up" if is_overdue else DIED
        self.report.failed[clip.name] = reason = outcome.reason if outcome else died
        if outcome is not None:
            self.in_a_row[outcome.stage] += 1
            self.require_hope(reason.rstrip("."))

    def require_hope(self, reason: str) -> None:
        """Raise OSError if the next clips would most likely fail, too.

        A model may reject any number of clips, so they do not stop a run that has features of others.
        """
        if self.in_a_row["fetch"] == IN_A_ROW:
            raise OSError(f"{IN_A_ROW} clips in a row failed, so the run stopped. The last error: {reason}. Run it again later.")
        if self.in_a_row["compute"] == IN_A_ROW and not self.rows:
            raise OSError(
                f"the model failed for the first {IN_A_ROW} clips, so the run stopped. The last error: {reason}. Does the model "
                "work with these clips?"
            )

    def seconds_of(self, clip: SourceClip) -> float:
        """Return for how many seconds a worker has been working on a clip."""
        return time.monotonic() - self.started.get(clip, float("inf"))

    def write_tables(self) -> None:
        """Write the manifest and the failures."""
        try:
            lines = write_manifest(self.out, self.clips, self.rows, self.key)
            self.report.copies = len(lines) - len({line.sha256 for line in lines})
            done = {line.name for line in lines}  # including those of another run
            write_failures(self.out, {name: why for name, why in self.report.failed.items() if name not in done})
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
