"""Runs over many clips, without Dask's processes: failures, copies, and two runs at once."""

import errno
import io
import os
import shutil
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from tqdm.auto import tqdm

from helpers.basics.messages import ModelError
from helpers.clips.folders import source_clips
from helpers.learn.features import MODEL_MEMORY, clip_features
from helpers.learn.many_clips import cluster
from helpers.learn.many_clips import run as features_run
from helpers.learn.many_clips import task as feature_task
from helpers.learn.many_clips.run import IN_A_ROW, Run, extract_features
from helpers.learn.many_clips.table import prepare, read_manifest
from helpers.learn.many_clips.task import Outcome, absolute, describe_clip, model_key
from helpers.models.loading import load_model
from helpers.video.metadata import VideoError
from tests.support.cheap_models import colors
from tests.support.many_clips import JUMPS, MODEL, describe, failures, npz
from tests.support.operating_systems import needs_named_pipes, needs_symlinks


def test_failures_are_listed_in_one_line_and_tried_again(clips, tmp_path):
    out, bad = tmp_path / "out", clips / "hop" / "bad, \n.avi"
    bad.write_bytes(b"not a video")
    report = describe(clips, out)
    assert (report.done, list(report.failed)) == (3, ["hop/bad, \n.avi"])
    (why,) = failures(out).values()
    assert "is not a video" in why and "\n" not in why
    assert "failed: 1" in str(report) and str(report).splitlines()[-1].startswith("done 3, skipped 0, failed 1, ")
    shutil.copy(JUMPS[0], bad)
    assert describe(clips, out).done == 1 and failures(out) == {}


def test_copies_are_counted(clips, tmp_path):
    assert describe(clips, tmp_path / "out").copies == 0
    shutil.copy(JUMPS[0], clips / "leap" / "copy.avi")
    report = describe(clips, tmp_path / "out")
    assert report.copies == 1 and "copies of other clips: 1; their lines in" in str(report)


@pytest.mark.parametrize(
    "error, reason",
    [
        (TypeError("no\nnumbers"), "TypeError: no numbers"),
        (MemoryError(), "there is not enough memory for its frames. Cut it into shorter clips, one for each action."),
    ],
)
def test_what_a_model_raises_costs_one_clip(error, reason, clips, tmp_path, monkeypatch):
    def fails_once(batch):
        monkeypatch.setattr(model, "function", colors().function)
        raise error

    model = colors(fingerprint="fails once")
    monkeypatch.setattr(model, "function", fails_once)
    monkeypatch.setattr(feature_task, "_load", lambda _: model)
    report = describe(clips, tmp_path / "out")
    assert report.done == 2 and list(report.failed.values()) == [reason]


def test_a_warning_about_a_clip_is_its_note(clips, tmp_path, monkeypatch):
    model = colors(fingerprint="long")
    monkeypatch.setattr(model, "input", colors().input.__class__(32, (0.0, 1.0), 1.0, 5.0, 99))
    monkeypatch.setattr(feature_task, "_load", lambda _: model)
    describe(clips, tmp_path / "out")
    assert all("has 13 frames, but colors needs 99, so it was looped" in row.note for row in read_manifest(tmp_path / "out"))


def run_of(tmp_path, count):
    folder = tmp_path / "clips"
    folder.mkdir()
    for i in range(count):
        (folder / f"{i}.avi").touch()
    prepare(tmp_path / "out")
    return Run(tmp_path / "out", source_clips(folder), "key", {})


@pytest.mark.parametrize(
    "stage, message",
    [
        ("fetch", "20 clips in a row failed, so the run stopped. The last error: it is gone. Run it again"),
        ("decode", None),
        ("compute", "the model failed for the first 20 clips, so the run stopped. The last error: it is gone. Does the model"),
    ],
)
def test_twenty_lost_clips_in_a_row_stop_the_run_unless_it_is_their_content(stage, message, tmp_path):
    run, asked = run_of(tmp_path, 3 * IN_A_ROW), []

    def outcomes(clips, **_):
        for clip in clips:
            asked.append(clip)
            yield clip, Outcome(None, None, "it is gone.", stage, {})

    with nullcontext() if message is None else pytest.raises(OSError, match=message):
        run.go(outcomes)
    assert len(asked) == len(failures(tmp_path / "out")) == (3 if message is None else 1) * IN_A_ROW


def test_clips_that_the_model_rejects_are_all_listed_each_time(clips, tmp_path, monkeypatch):
    for i in range(2 * IN_A_ROW):
        shutil.copy(JUMPS[0], clips / "hop" / f"{i}.avi")
    bad = {clip.name for clip in source_clips(clips) if clip.name[4:-4].isdecimal()}
    monkeypatch.setattr(features_run.random, "shuffle", lambda todo: todo.sort(key=lambda clip: clip.name in bad))

    def compute(model, path, done):
        done("decode")
        if f"hop/{path.name}" in bad:
            raise ValueError("too few people")
        return computed(model, path, done)

    computed = feature_task.compute
    monkeypatch.setattr(feature_task, "compute", compute)
    reports = [describe(clips, tmp_path / "out") for _ in range(2)]
    assert [(report.done, report.skipped) for report in reports] == [(3, 0), (0, 3)]
    assert set(failures(tmp_path / "out")) == set(reports[0].failed) == set(reports[1].failed) == bad


@needs_named_pipes
def test_a_pipe_is_not_a_clip_and_is_not_waited_for(clips, tmp_path):
    pipe = clips / "hop" / "pipe.avi"
    os.mkfifo(pipe)
    with pytest.warns(UserWarning, match="pipe.avi is left out: it is not a regular file"):
        assert describe(clips, tmp_path / "out").done == 3
    with pytest.raises(OSError, match="it is a pipe, a socket or a device, not a file"):
        clip_features(colors(), pipe)


def test_a_clip_that_is_too_long_for_the_memory_is_not_read(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["helpers.learn.features"], "CHUNK_FRAMES", 12)
    frame = 3 * 32**2 * (1 + 4)  # bytes, and float32; each clip has 13 frames
    monkeypatch.setattr(cluster, "memory_limit", lambda: MODEL_MEMORY[False] + 14 * frame)
    assert describe(clips, tmp_path / "out").done == 3
    monkeypatch.setattr(cluster, "memory_limit", lambda: MODEL_MEMORY[False] + 12 * frame)
    message = r"g01_c01.avi lasts 0.0 minutes, for which colors needs 0.7 GB of memory, .* may use 0.7 GB. Cut it into shorter"
    with pytest.raises(VideoError, match=message):
        clip_features(colors(), clips / "hop" / JUMPS[0].name)
    assert describe(clips, tmp_path / "again").done == 0
    assert all("Cut it into shorter clips" in reason for reason in failures(tmp_path / "again").values())


@needs_symlinks
def test_files_that_cannot_be_opened_cost_only_themselves(clips, tmp_path):
    for i in range(4 * IN_A_ROW):  # so that 20 are in a row, in any order
        (clips / "hop" / f"{i}.avi").symlink_to(tmp_path / "gone.avi")
    report = describe(clips, tmp_path / "out")
    assert (report.done, len(report.failed)) == (3, 4 * IN_A_ROW)
    assert all("No such file" in reason for reason in report.failed.values())


def test_a_folder_of_clips_that_is_gone_is_not_about_one_clip(clips):
    clip = source_clips(clips)[0]
    shutil.rmtree(clips)
    assert describe_clip(clip, MODEL, model_key(MODEL)).stage == "fetch"


def test_a_process_that_dies_costs_its_own_clip_only(clips, tmp_path):
    """Three clips are in a process that dies; alone, only one of them makes it die."""
    out, rounds = tmp_path / "out", []
    prepare(out)
    run, key = Run(out, source_clips(clips), model_key(MODEL), {}), model_key(MODEL)

    def outcomes(some, at_once=None):
        rounds.append(at_once)
        for clip in some:
            died = at_once is None or clip.action == "leap"
            yield clip, None if died else describe_clip(clip, MODEL, key)

    run.go(outcomes)
    assert rounds == [None, 1] and (run.report.done, list(run.report.failed)) == (2, ["leap/v_Jump_g03_c01.avi"])
    assert "the process died twice" in failures(out)["leap/v_Jump_g03_c01.avi"]


def test_the_progress_bar_counts_each_clip_that_is_done_or_given_up(clips, tmp_path, monkeypatch):
    """The first clip is given up at the time limit, the second one makes its process die the first time."""
    bars = []
    shown = {"disable": False, "file": io.StringIO()}
    monkeypatch.setattr(features_run, "tqdm", lambda **options: bars.append(tqdm(**{**options, **shown})) or bars[0])
    prepare(tmp_path / "out")
    run = Run(tmp_path / "out", source_clips(clips), key := model_key(MODEL), {}, time_limit=60)
    faults = list(run.clips[:2])

    def outcomes(some, at_once=None):
        for clip in some:
            failed = at_once is None and clip in faults
            run.started[clip] = time.monotonic() - (60 if clip == faults[0] else 0)
            yield clip, None if failed else describe_clip(clip, MODEL, key)

    run.go(outcomes)
    assert (run.report.done, len(run.report.failed), bars[0].n) == (2, 1, 3)
    assert "more than 60 s" in run.report.failed[faults[0].name]


def test_a_full_disk_stops_the_run_with_one_error(clips, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("helpers.learn.records.replace_file", full)
    with pytest.raises(OSError, match="out cannot be written to: No space left on device. Free some space"):
        describe(clips, tmp_path / "out")
    assert npz(tmp_path / "out") == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other limits")
def test_a_name_that_is_too_long_costs_one_clip(clips, tmp_path, monkeypatch):
    """It comes last, after features were written to the folder of its action."""
    monkeypatch.setattr(features_run.random, "shuffle", lambda todo: todo.sort(key=lambda clip: len(clip.name)))
    shutil.copy(JUMPS[0], clips / "leap" / f"{'x' * 250}.avi")
    for done, skipped in ((3, 0), (0, 3)):
        report = describe(clips, tmp_path / "out")
        assert (report.done, report.skipped, len(report.failed)) == (done, skipped, 1)
    assert next(iter(failures(tmp_path / "out").values())) == "the name is too long for a file of its features: rename it."


def test_two_runs_share_the_work(clips, tmp_path, monkeypatch):
    """The second run does everything while the first is about to begin."""
    out, listed = tmp_path / "out", []

    def second_first(clip, *place):
        if not listed:
            listed.append(describe(clips, out))
        return describe_clip(clip, *place)

    key = model_key(MODEL)
    prepare(out)
    run = Run(out, source_clips(clips), key, {})
    run.go(lambda some, **_: ((clip, second_first(clip, MODEL, key)) for clip in some))
    assert listed[0].done == 3 and (run.report.done, run.report.skipped) == (1, 2)
    assert len(read_manifest(out)) == 3


def test_a_folder_with_the_name_of_a_model_is_not_the_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("i3d", "MoViNet-A0", "mine"):
        (tmp_path / folder).mkdir()
    handles = [absolute(name) for name in ("i3d", "MoViNet-A0", "./i3d", "mine", MODEL)]
    assert handles == ["i3d", "MoViNet-A0", str(tmp_path / "i3d"), str(tmp_path / "mine"), MODEL]


@pytest.mark.parametrize("source, out", [("clips", "clips/features"), ("clips", "clips"), ("clips/hop", "clips"), ("clips", ".")])
def test_features_and_clips_must_not_be_in_one_folder(source, out, clips, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="is in the folder of the clips|clips of .* are in .* Choose another --out"):
        extract_features(source, out, MODEL)
    assert len(list(clips.rglob("*.*"))) == 3 and not Path("manifest.csv").exists()


def test_a_worker_with_another_model_stops_the_run(clips):
    with pytest.raises(ModelError, match="is not the same model on all workers"):
        describe_clip(source_clips(clips)[0], MODEL, "another key")


def test_a_model_by_the_name_of_a_function():
    assert load_model(MODEL).fingerprint == "colors"
    wrong = {"no_module:build": "No module", "json:build": "no attribute", "os:getcwd": "an object", "json:loads": "missing 1"}
    for name, why in wrong.items():
        with pytest.raises(ModelError, match=why):
            load_model(name)
