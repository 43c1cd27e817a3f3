"""The folder of features: its files, its manifest, and what is computed again."""

import os
import shutil
import warnings

import numpy as np
import pytest

from helpers.clips.folders import source_clips
from helpers.learn.classifier import cross_validate
from helpers.learn.features import clip_features
from helpers.learn.many_clips import task as feature_task
from helpers.learn.many_clips.run import Run, extract_features
from helpers.learn.many_clips.table import load_features, prepare, read_manifest
from helpers.learn.many_clips.task import model_key
from helpers.learn.records import ClipFeatures, read_record, write_record
from tests.support.cheap_models import colors
from tests.support.many_clips import JUMPS, MODEL, describe, intact_rows, npz

OTHER = "tests.support.cheap_models:five_milliseconds"


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
    write_record(cached, marked)
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
    record = ClipFeatures(*rows, pixels=rows[0, :3], size=rows[1, :3], frames=9)
    write_record(path, record, "about")
    intact, noticed = path.read_bytes(), 0
    positions = [*range(0, len(intact), step), *(i for i, byte in enumerate(intact) if byte == ord("}"))]  # the end of a header
    for position in positions:
        content = bytearray(intact)
        content[position] ^= 4
        path.write_bytes(content)
        found = read_record(path)
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
        assert read_record(path) is None


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
    printed = capsys.readouterr().err
    assert "contains features of 3 clips from another model, version or sampling (--every, --window), which will be" in printed
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
