"""What the tests of features of many clips share: they do what `extract_features` does, in this process."""

import csv
import shutil

from helpers.clips.folders import source_clips
from helpers.learn.many_clips.run import Run
from helpers.learn.many_clips.table import intact_row, prepare
from helpers.learn.many_clips.task import describe_clip, model_key
from tests.support import TOP

MODEL = "tests.support.cheap_models:colors"
JUMPS = [TOP / "samples" / f"v_Jump_g0{i}_c01.avi" for i in (1, 2, 3)]


def three_clips(folder):
    """Copy three sample clips of two actions, hop and leap, to a folder."""
    for action, path in zip(("hop", "hop", "leap"), JUMPS):
        (folder / action).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / action)
    return folder


def intact_rows(out, listed):
    return {clip.name: row for clip in listed if (row := intact_row(out, clip))}


def describe(clips, out, model=MODEL, groups=None, chosen=None, as_arrays=False):
    """Do what `extract_features` does, in this process; return the report."""
    prepare(out)
    listed, key = source_clips(clips, groups), model_key(model, chosen)
    run = Run(out, listed, key, intact_rows(out, listed), as_arrays=as_arrays)
    run.go(lambda some, **_: ((clip, describe_clip(clip, model, key, chosen)) for clip in some))
    return run.report


def npz(out):
    return {path.relative_to(out).as_posix(): path.stat().st_mtime_ns for path in out.rglob("*.npz")}


def failures(out):
    with open(out / "failures.csv", newline="") as file:
        return {line["name"]: line["reason"] for line in csv.DictReader(file)}
