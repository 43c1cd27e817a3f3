"""Features of many clips: sources, files, the manifest, what is done again, and failures. Without Dask's processes."""

import csv
import errno
import os
import shutil
import sys
import threading
import warnings
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from distributed import Client, LocalCluster

from helpers import samples
from helpers.basics.messages import ModelError
from helpers.clips.folders import source_clips
from helpers.learn import command as learn_command
from helpers.learn import record as clip_record
from helpers.learn.classifier import cross_validate
from helpers.learn.features import MODEL_MEMORY, clip_features
from helpers.learn.many_clips import cluster
from helpers.learn.many_clips import command as features_command
from helpers.learn.many_clips import report as feature_report
from helpers.learn.many_clips import task as feature_task
from helpers.learn.many_clips.files import intact_row, prepare
from helpers.learn.many_clips.report import IN_A_ROW, Run
from helpers.learn.many_clips.run import absolute, extract_features, require_visible
from helpers.learn.many_clips.table import load_features, read_manifest
from helpers.learn.many_clips.task import Outcome, describe_clip, model_key
from helpers.models.learned import saving as learned_model
from helpers.models.loading import load_model
from helpers.video.metadata import VideoError
from tests.support import TOP
from tests.support.cheap_models import colors
from tests.support.command_line import run as run_python
from tests.support.operating_systems import needs_named_pipes, needs_symlinks

MODEL = "tests.support.cheap_models:colors"
OTHER = "tests.support.cheap_models:five_milliseconds"
JUMPS = [TOP / "samples" / f"v_Jump_g0{i}_c01.avi" for i in (1, 2, 3)]


@pytest.fixture
def clips(tmp_path, cache):
    """A folder with three clips."""
    folder = tmp_path / "clips"
    for action, path in zip(("hop", "hop", "leap"), JUMPS):
        (folder / action).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / action)
    return folder


def intact_rows(out, listed):
    return {clip.name: row for clip in listed if (row := intact_row(out, clip))}


def describe(clips, out, model=MODEL, groups=None):
    """Do what `extract_features` does, in this process; return the report."""
    prepare(out)
    listed, key = source_clips(clips, groups), model_key(model)
    run = Run(out, listed, key, intact_rows(out, listed))
    run.go(lambda some, **_: ((clip, describe_clip(clip, model, key)) for clip in some))
    return run.report


def npz(out):
    return {path.relative_to(out).as_posix(): path.stat().st_mtime_ns for path in out.rglob("*.npz")}


def failures(out):
    with open(out / "failures.csv", newline="") as file:
        return {line["name"]: line["reason"] for line in csv.DictReader(file)}


def test_a_folder_of_actions(clips):
    found = source_clips(clips)
    assert [(clip.name, clip.action, clip.group, clip.file) for clip in found] == [
        ("hop/v_Jump_g01_c01.avi", "hop", "g01", "hop/v_Jump_g01_c01.avi.npz"),
        ("hop/v_Jump_g02_c01.avi", "hop", "g02", "hop/v_Jump_g02_c01.avi.npz"),
        ("leap/v_Jump_g03_c01.avi", "leap", "g03", "leap/v_Jump_g03_c01.avi.npz"),
    ]
    assert [clip.path for clip in found] == [str(clips / clip.name) for clip in found]


def test_a_flat_folder(tmp_path):
    for name in ("v_Crawl_g01_c02.avi", "vacation.mp4", ".hidden"):
        (tmp_path / name).touch()
    assert [(clip.name, clip.action, clip.group, clip.file) for clip in source_clips(tmp_path)] == [
        ("v_Crawl_g01_c02.avi", "Crawl", "g01", "Crawl/v_Crawl_g01_c02.avi.npz"),
        ("vacation.mp4", "", "vacation.mp4", "vacation.mp4.npz"),
    ]


def test_ucf101_from_a_folder_and_from_a_web_page(tmp_path, monkeypatch):
    (tmp_path / "Archery").mkdir()
    path = shutil.copy(JUMPS[0], tmp_path / "Archery" / "v_Archery_g07_c01.avi")
    monkeypatch.setenv("UCF101_ROOT", str(tmp_path))
    assert source_clips("ucf101") == [("v_Archery_g07_c01.avi", "Archery", "g07", str(path), "")]
    monkeypatch.setenv("UCF101_ROOT", "https://example.org/UCF101/")
    monkeypatch.setattr(
        "helpers.clips.datasets.links_on", lambda address: {"v_Archery_g07_c01.avi": f"{address}v_Archery_g07_c01.avi"}
    )
    assert source_clips("ucf101") == [("v_Archery_g07_c01.avi", "Archery", "g07", "", "https://example.org/UCF101/")]


def test_groups_from_a_table(clips, tmp_path):
    table = tmp_path / "groups.tsv"
    table.write_text("".join(f"{path.name}\tperson {path.name[8]}\n" for path in JUMPS))
    assert [clip.group for clip in source_clips(clips, table)] == ["person 0"] * 3
    table.write_text(f"{JUMPS[0].name}\tanna\n")
    with pytest.raises(ValueError, match="has no group for 2 of 3 clips"):
        source_clips(clips, table)


def test_a_table_of_groups_among_the_clips_is_not_a_clip(clips):
    table = clips / "groups.tsv"
    table.write_text("".join(f"{path.name}\tanna\n" for path in JUMPS))
    assert [clip.group for clip in source_clips(clips, table)] == ["anna"] * 3


def test_two_clips_for_one_file_and_no_clips_are_errors(clips, tmp_path):
    (clips / "Jump").mkdir()
    for place in (clips, clips / "Jump"):
        shutil.copy(JUMPS[0], place)
    with pytest.raises(ValueError, match="have the same action and file name"):
        source_clips(clips)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="contains no files"):
        source_clips(tmp_path / "empty")


def test_files_and_manifest_contain_what_clip_features_returns(clips, tmp_path):
    report = describe(clips, tmp_path / "out")
    assert (report.done, report.skipped, report.failed) == (3, 0, {})
    table = load_features(tmp_path / "out")
    assert table.names == [clip.name for clip in source_clips(clips)]
    assert (table.actions, table.groups) == (["hop", "hop", "leap"], ["g01", "g02", "g03"])
    for row, name, record in zip(table.rows, table.names, table.clips):
        expected = clip_features(colors(), clips / name)
        assert all(np.array_equal(a, b) for a, b in zip(record, expected)) and np.array_equal(row, expected.features)
    assert table.rows.dtype == np.float32 and table.rows.shape == (3, 4)
    first = read_manifest(tmp_path / "out")[0]
    assert (first.frames, first.seconds, first.note, len(first.sha256)) == (13, 2.6, "", 64)
    assert len(cross_validate(2 * table.clips, 2 * table.actions, 3 * ["a"] + 3 * ["b"]).predicted) == 6, "it accepts them"


def excel(rows):
    return "\ufeff" + "".join(";".join(row).replace("2.6", "2,6") + "\r\n" for row in rows)


def reordered(rows):
    return "".join("\t".join([*row[::-1], "my own remark"]) + "\n" for row in rows)


@pytest.mark.parametrize("saved", [excel, reordered])
def test_a_manifest_that_a_spreadsheet_has_saved_is_read(saved, clips, tmp_path):
    describe(clips, tmp_path / "out")
    path, before = tmp_path / "out" / "manifest.csv", read_manifest(tmp_path / "out")
    with open(path, newline="") as file:
        rows = [row.replace(",g0", ",person ").rstrip("\n").split(",") for row in file]
    path.write_text(saved(rows), encoding="utf-8", newline="")
    assert read_manifest(tmp_path / "out") == [row._replace(group=f"person {row.group[-1]}") for row in before]
    assert load_features(tmp_path / "out").groups == ["person 1", "person 2", "person 3"]
    with pytest.raises(FileExistsError, match="manifest.csv was saved by another program, .* Rename it"):
        describe(clips, tmp_path / "out")  # it would replace what was edited


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("frames", "Frames", "has no column 'frames', but 'name', .* It needs name, action, .*: rename its columns"),
        (",13,", ",many,", "is damaged in the line of hop/v_Jump_g01_c01.avi: invalid literal"),
        (",hop,g01", f",hop,{'x' * 140_000}", "is not a table: field larger than field limit"),
        (",hop,g01,13,", ";", "has a line with fewer columns than the first line: hop/v_Jump_g01_c01.avi;"),
    ],
)
def test_a_damaged_manifest_is_one_sentence(old, new, message, clips, tmp_path):
    describe(clips, tmp_path / "out")
    path = tmp_path / "out" / "manifest.csv"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ValueError, match=message):
        load_features(tmp_path / "out")


def learned(folder, capsys, *options, model=MODEL):
    """Return what `learn` prints."""
    learn_command.main([str(folder), "--model", model, *map(str, options)])
    return capsys.readouterr().out


def test_learning_from_features_is_learning_from_their_clips(clips, tmp_path, capsys, monkeypatch):
    for name in ("v_Jump_g04_c01.avi", "v_Jump_g04_c02.avi"):
        shutil.copy(samples["v_Crawl_g01_c01.avi"], clips / "leap" / name)
    (clips / "hop" / "damaged.avi").write_bytes(b"not a video")
    shutil.copy(JUMPS[1], clips / "no_action.avi")
    saved = []
    monkeypatch.setattr(learned_model, "require_savable", lambda *_: None)
    monkeypatch.setattr(learned_model, "save", lambda model, classifier, folder, card: saved.append((card, classifier)) or folder)
    describe(clips, tmp_path / "out")
    for folder in (clips, tmp_path / "out"):
        saved.append(learned(folder, capsys, "--save", tmp_path / "model"))
    (card, one), text, (other_card, other), other_text = saved
    assert "4 clips of 2 actions, in 4 groups" in text and "it is the same file as" in text
    assert text.splitlines()[-1] == other_text.splitlines()[-1] and card == other_card
    assert np.array_equal(one.steps[-1][1].coef_, other.steps[-1][1].coef_)
    assert [line.split(":")[0] for line in text.splitlines()] == [line.split(":")[0] for line in other_text.splitlines()]


def test_features_of_another_model_are_not_learned_from(clips, tmp_path, capsys, monkeypatch):
    shutil.copy(samples["v_Crawl_g01_c01.avi"], clips / "leap")
    describe(clips, tmp_path / "out")
    monkeypatch.setattr(learn_command, "load_model", lambda _: colors(fingerprint="another"))
    with pytest.raises(ValueError, match="features in .* were computed with colors, or with another version .* with --model"):
        learned(tmp_path / "out", capsys)
    with pytest.raises(FileNotFoundError, match="manifest.csv does not exist. Name a folder that the command `features` wrote"):
        load_features(clips)


def test_copies_in_other_groups_are_warned_of(clips, tmp_path):
    shutil.copy(clips / "hop" / JUMPS[0].name, clips / "leap" / "copy.avi")
    describe(clips, tmp_path / "out")
    with pytest.warns(UserWarning, match="1 of 4 clips are copies .* such as leap/copy.avi of hop/v_Jump_g01_c01.avi: a model"):
        load_features(tmp_path / "out")
    (clips / "leap" / "copy.avi").rename(clips / "hop" / "v_Jump_g01_c02.avi")
    describe(clips, tmp_path / "out")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load_features(tmp_path / "out").names) == 4, "the copy is in the same group"


def test_the_users_cache_is_read_and_not_written(clips, tmp_path, cache):
    model = colors()
    expected = clip_features(model, JUMPS[0])
    (cached,) = (cache / "features").rglob("*.npz")
    marked = expected._replace(features=expected.features + 1)
    clip_record.write_record(cached, marked)
    describe(clips, tmp_path / "out")
    assert np.array_equal(load_features(tmp_path / "out").rows[0], marked.features)
    assert list((cache / "features").rglob("*.npz")) == [cached]


def test_run_again_does_only_what_is_missing_stale_or_damaged(clips, tmp_path):
    out = tmp_path / "out"
    describe(clips, out)
    before = npz(out)
    assert describe(clips, out).skipped == 3 and npz(out) == before
    first, second, third = (out / name for name in sorted(before))
    first.unlink()
    second.write_bytes(second.read_bytes()[:-200])  # cut
    content = bytearray(third.read_bytes())
    content[len(content) // 2] ^= 1  # one bit
    third.write_bytes(content)
    with pytest.warns(UserWarning, match="damaged"):
        report = describe(clips, out)
    assert (report.done, report.skipped) == (3, 0)
    assert describe(clips, out, OTHER).skipped == 3, "the same fingerprint"


@pytest.mark.filterwarnings("ignore:the features in")
@pytest.mark.parametrize("numbers, step", [(4, 7), (1500, 31)], ids=["small", "read in several parts"])
def test_a_changed_bit_is_noticed_or_changes_nothing(numbers, step, tmp_path):
    """NumPy reads an array of more than 4 KB, such as I3D's features, in parts, and its header before the checksum."""
    path, rows = tmp_path / "clip.npz", np.random.default_rng(0).random((2, numbers), np.float32)
    record = clip_record.ClipFeatures(*rows, pixels=rows[0, :3], size=rows[1, :3], frames=9)
    clip_record.write_record(path, record, "about")
    intact, noticed = path.read_bytes(), 0
    positions = [*range(0, len(intact), step), *(i for i, byte in enumerate(intact) if byte == ord("}"))]  # the end of a header
    for position in positions:
        content = bytearray(intact)
        content[position] ^= 4
        path.write_bytes(content)
        found = clip_record.read_record(path)
        assert found is None or (found[1] == "about" and all(map(np.array_equal, found[0], record))), position
        noticed += found is None
    assert noticed > len(positions) / 2


def test_damaged_features_are_named_and_computed_again(clips, tmp_path, cache):
    clip, model = clips / "hop" / JUMPS[0].name, colors()
    describe(clips, tmp_path / "out")
    expected = clip_features(model, clip)
    (cached,) = (cache / "features").rglob("*.npz")
    for path in (cached, tmp_path / "out" / "hop" / f"{clip.name}.npz"):
        path.write_bytes(path.read_bytes()[:-200])
    with pytest.warns(UserWarning, match=f"{cached.name} are damaged, and are not used"):
        assert np.array_equal(clip_features(model, clip).features, expected.features)
    with pytest.warns(UserWarning, match=f"{clip.name}.npz are damaged"):
        with pytest.raises(ValueError, match=f"{clip.name}.npz is missing, damaged, or from another model: run the command"):
            load_features(tmp_path / "out")
    with pytest.warns(UserWarning, match=f"{clip.name}.npz are damaged"):
        assert describe(clips, tmp_path / "out").done == 1
    assert len(load_features(tmp_path / "out").names) == 3


def test_a_file_that_says_it_is_encrypted_is_damaged(clips, tmp_path):
    describe(clips, tmp_path / "out")
    path = sorted((tmp_path / "out").rglob("*.npz"))[0]
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # a flag in the list of contents
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="are damaged, and are not used"):
        assert clip_record.read_record(path) is None


def test_another_model_or_a_changed_clip_is_computed_again(clips, tmp_path, monkeypatch):
    out = tmp_path / "out"
    describe(clips, out)
    shutil.copy(JUMPS[1], clips / "hop" / JUMPS[0].name)
    assert describe(clips, out).done == 1
    feature_task._load.cache_clear()
    monkeypatch.setattr(feature_task, "_load", lambda _: colors(fingerprint="retrained"))
    assert describe(clips, out).done == 3
    assert len({row.key for row in read_manifest(out)}) == 1


def test_features_of_another_model_are_announced_before_they_are_replaced(clips, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    describe(clips, out)
    describe(clips, out)
    assert capsys.readouterr().err == "", "the same model"
    before = npz(out)
    monkeypatch.setattr(feature_task, "_load", lambda _: colors(fingerprint="another"))

    def interrupted(some, **_):
        raise KeyboardInterrupt

    listed = source_clips(clips)
    with pytest.raises(KeyboardInterrupt):
        Run(out, listed, model_key(MODEL), intact_rows(out, listed)).go(interrupted)
    assert "contains features of 3 clips from another model or version, which will be replaced" in capsys.readouterr().err
    assert npz(out) == before


def test_a_clip_that_was_only_copied_is_not_computed_again(clips, tmp_path):
    describe(clips, tmp_path / "out")
    for path in clips.rglob("*.avi"):
        os.utime(path)
    assert describe(clips, tmp_path / "out").skipped == 3


def test_a_clip_that_moved_to_another_action_is_in_the_manifest_once(clips, tmp_path):
    describe(clips, tmp_path / "out")
    shutil.move(clips / "hop" / JUMPS[0].name, clips / "leap")
    describe(clips, tmp_path / "out")
    rows = read_manifest(tmp_path / "out")
    assert [(row.name, row.action) for row in rows if row.name.endswith(JUMPS[0].name)] == [("leap/v_Jump_g01_c01.avi", "leap")]
    assert len(rows) == 3


def test_new_groups_need_no_new_features(clips, tmp_path):
    describe(clips, tmp_path / "out")
    table = tmp_path / "groups.tsv"
    table.write_text("".join(f"{path.name}\t{i}\n" for i, path in enumerate(JUMPS)))
    assert describe(clips, tmp_path / "out", groups=table).done == 0
    assert load_features(tmp_path / "out").groups == ["0", "1", "2"]


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
    monkeypatch.setattr(feature_report.random, "shuffle", lambda todo: todo.sort(key=lambda clip: clip.name in bad))

    def compute(model, path, clock):
        clock.stop("decode")
        if f"hop/{path.name}" in bad:
            raise ValueError("too few people")
        return computed(model, path, clock)

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


def test_a_full_disk_stops_the_run_with_one_error(clips, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(clip_record, "replace_file", full)
    with pytest.raises(OSError, match="out cannot be written to: No space left on device. Free some space"):
        describe(clips, tmp_path / "out")
    assert npz(tmp_path / "out") == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other limits")
def test_a_name_that_is_too_long_costs_one_clip(clips, tmp_path):
    (clips / "leap" / JUMPS[2].name).rename(clips / "leap" / f"{'x' * 250}.avi")
    report = describe(clips, tmp_path / "out")
    assert (report.done, len(report.failed)) == (2, 1)
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


def test_leftovers_of_killed_processes_are_removed_when_they_are_old_and_nothing_else(tmp_path):
    old, new, readers = (tmp_path / "hop" / name for name in (f".{'1' * 32}.part", f".{'2' * 32}.part", ".video.mp4.part"))
    old.parent.mkdir()
    for path in (old, new, readers):
        path.touch()
    for path in (old, readers):
        os.utime(path, (0, 0))
    prepare(tmp_path)
    assert not old.exists() and new.exists() and readers.exists()


@pytest.mark.parametrize("name", ["manifest.csv", "failures.csv"])
def test_a_table_of_the_readers_own_is_not_replaced(name, clips, tmp_path):
    describe(clips, tmp_path / "out")
    prepare(tmp_path / "out")
    (tmp_path / name).write_text("clip,action\n")
    with pytest.raises(FileExistsError, match=f"{name} exists and was not written by this command. Choose another folder"):
        extract_features(shutil.move(clips, f"{tmp_path}-clips"), tmp_path)
    assert (tmp_path / name).read_text() == "clip,action\n"


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


def test_processes_share_cores_and_memory(monkeypatch):
    monkeypatch.setattr(cluster, "CPU_COUNT", 8)
    monkeypatch.setattr(cluster, "MEMORY_LIMIT", 18 * 10**9)
    options = cluster.worker_options(None, [])
    assert len(options) == 5 and {one["memory_limit"] for one in options} == {3_600_000_000}
    assert options[0]["env"]["TF_NUM_INTRAOP_THREADS"] == "1"
    assert [one["env"]["TF_NUM_INTRAOP_THREADS"] for one in cluster.worker_options(2, [])] == ["4", "4"]
    assert cluster.worker_options(9, [])[0]["memory_limit"] == cluster.MEMORY, "a long clip may need as much"
    with_gpus = [one["env"] for one in cluster.worker_options(None, ["0", "GPU-1"])]
    assert [env["CUDA_VISIBLE_DEVICES"] for env in with_gpus] == ["0", "GPU-1"]
    assert {env["TF_FORCE_GPU_ALLOW_GROWTH"] for env in with_gpus} == {"true"}


@pytest.fixture
def one_gpu(monkeypatch, tmp_path):
    """A computer whose nvidia-smi lists one GPU."""
    program = tmp_path / "nvidia-smi"
    program.write_text('#!/bin/sh\necho "GPU 0: NVIDIA GeForce RTX 3060 (UUID: GPU-x)"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.skipif(os.name != "posix", reason="nvidia-smi is a shell script here")
@pytest.mark.parametrize("model, processes", [("i3d", 1), ("movinet-a0", 16), ("mine.tflite", 16), ("learned", 16), ("saved", 1)])
def test_a_model_that_cannot_use_a_gpu_gets_all_cores(one_gpu, model, processes, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "CPU_COUNT", 16)
    monkeypatch.setattr(cluster, "MEMORY_LIMIT", 64 * 10**9)
    started = []

    def start(scheduler, workers):
        started.extend(workers)
        raise OSError("only counted")

    monkeypatch.setattr(cluster, "start", start)
    monkeypatch.chdir(tmp_path)
    for folder in ("clips/Red", "learned", "saved"):
        Path(folder).mkdir(parents=True)
    Path("clips/Red/1.avi").touch()
    Path("learned/network.tflite").touch()
    with pytest.raises(OSError, match="only counted"):
        extract_features("clips", "out", model, dashboard=None)
    assert len(started) == processes


@pytest.mark.parametrize(
    "visible, gpus",
    [
        ("0,1", ["0", "1"]),
        ("GPU-8a3c, MIG-1b2d", ["GPU-8a3c", "MIG-1b2d"]),
        ("1,-1,0", ["1"]),
        ("NoDevFiles", []),
        ("-1", []),
        ("", []),
    ],
)
def test_only_gpus_that_cuda_accepts_are_used(visible, gpus, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert cluster.gpus() == gpus


def test_less_than_one_process_is_refused():
    with pytest.raises(ValueError, match="workers must be at least 1, not -1"):
        cluster.worker_options(-1, [])


@pytest.mark.parametrize(
    "address, found",
    [
        ("8799", "127.0.0.1:8799"),
        (":8799", "127.0.0.1:8799"),
        ("lab:80", "lab:80"),
        ("[::1]:0", "[::1]:0"),
        ("0.0.0.0:1", "0.0.0.0:1"),
    ],
)
def test_a_dashboard_with_a_port_only_is_not_for_everybody(address, found):
    assert cluster.with_host(address) == found


@pytest.mark.parametrize("address", ["lab", "lab:", "lab:http", "65536", ""])
def test_a_dashboard_without_a_port_is_refused(address):
    with pytest.raises(ValueError, match="must be an address and a port, such as 127.0.0.1:8787, not"):
        cluster.with_host(address)


@pytest.mark.parametrize("value, found", [("0,2", ["0", "2"]), ("", []), ("-1", [])])
def test_the_gpus_that_may_be_used(value, found, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert cluster.gpus() == found


def test_the_command_lists_its_options_and_refuses_zero_workers():
    finished = run_python("-m", "helpers", "features", "--help")
    assert finished.returncode == 0 and "--scheduler" in finished.stdout
    finished = run_python("-m", "helpers", "features", "clips", "--workers", "0")
    assert finished.returncode == 2 and "must be at least 1, not 0" in finished.stderr


def test_a_run_in_which_every_clip_failed_is_an_error(clips, tmp_path, capsys):
    for path in clips.rglob("*.avi"):
        path.write_bytes(b"not a video")
    options = [str(clips), "--out", str(tmp_path / "out"), "--model", MODEL, "--workers", "1", "--dashboard", "off"]
    with pytest.raises(OSError, match="none of the 3 clips has features"):
        features_command.main(options)
    assert capsys.readouterr().out.splitlines()[-1].startswith("done 0, skipped 0, failed 3, ")


def test_a_dashboard_at_no_address_of_this_computer(clips, tmp_path):
    with pytest.raises(
        OSError, match="Dask could not be started: .*. Run the command again; if that does not help, choose another address"
    ):
        extract_features(clips, tmp_path / "out", MODEL, workers=1, dashboard="192.0.2.1:8787")


class Workers:
    """A client whose workers have these helpers."""

    def __init__(self, *fingerprints):
        self.scheduler = SimpleNamespace(address="tcp://lab:8786")
        self.fingerprints = fingerprints

    def run(self, function):
        if self.fingerprints == ("none",):
            raise ModuleNotFoundError("No module named 'helpers'")
        return {f"tcp://10.0.0.{i}:40000": fingerprint for i, fingerprint in enumerate(self.fingerprints)}


def test_workers_must_have_the_same_helpers():
    same = cluster.helpers_fingerprint()
    cluster.require_same_helpers(Workers(same, same))
    with pytest.raises(
        ValueError, match="helpers on 1 of 2 workers, such as tcp://10.0.0.1:40000, differ .* Install the same copy"
    ):
        cluster.require_same_helpers(Workers(same, "other"))
    with pytest.raises(ValueError, match="a worker of tcp://lab:8786 cannot import the helpers: No module"):
        cluster.require_same_helpers(Workers("none"))


def test_no_scheduler_at_the_address(clips, tmp_path):
    import dask

    with dask.config.set({"distributed.comm.timeouts.connect": "200ms"}):
        with pytest.raises(ConnectionError, match="no scheduler answers at tcp://127.0.0.1:9"):
            extract_features(clips, tmp_path / "out", MODEL, scheduler="tcp://127.0.0.1:9")


def test_others_on_this_computer_cannot_connect_to_the_scheduler_of_a_run():
    with cluster.local_client(1, dashboard=None) as client:
        address = client.scheduler.address
        assert address.startswith("tls://127.0.0.1:")
        with pytest.raises(OSError):
            Client(address.replace("tls", "tcp"), timeout="5s").close()


def test_a_scheduler_without_workers_is_waited_for_and_its_workers_must_see_the_clips(capsys, tmp_path):
    with LocalCluster(n_workers=0, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=None) as scheduler:
        later = threading.Timer(0.5, scheduler.scale, [1])
        later.start()
        with cluster.remote_client(scheduler.scheduler_address) as client:
            assert len(client.nthreads()) == 1
            require_visible(client, str(tmp_path))
            with pytest.raises(ValueError, match="does not see .*clip.avi. Use a folder that all workers see"):
                require_visible(client, str(tmp_path / "clip.avi"))
        later.join()
    assert "waiting for the first worker of" in capsys.readouterr().err
