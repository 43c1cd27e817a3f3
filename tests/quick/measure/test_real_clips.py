"""The stored logits of real clips: reading, selection, and errors."""

import csv
import shutil

import numpy as np
import pytest

from helpers import kinetics_labels
from helpers.measure import real_clips as module
from helpers.measure.real_clips import CLIPS_FILE, FOUND, LOGITS_FILE, RealClip, real_clips, write

TITLES = [
    *("unchanged", "frozen", "shuffled", "reversed", "twice as fast"),
    *("values in [0, 1]", "whole square", "both", "file's frame rate", "frame by frame"),
]


@pytest.fixture
def copies(tmp_path, monkeypatch):
    """Copies of both files, which a test may damage."""
    for name, path in {"CLIPS_FILE": CLIPS_FILE, "LOGITS_FILE": LOGITS_FILE}.items():
        monkeypatch.setattr(module, name, tmp_path / path.name)
        shutil.copy(path, tmp_path)
    return tmp_path


def test_the_files_are_small_and_complete():
    assert LOGITS_FILE.stat().st_size < 600_000
    comparison = real_clips()
    assert list(comparison.results) == TITLES
    assert {rows.shape for rows in comparison.results.values()} == {(64, 400)}
    for rows in comparison.results.values():
        np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "sources, clips, groups", [(FOUND, 24, 21), (("UT-Interaction",), 40, 20), ((), 64, 41), ((None,), 64, 41)]
)
def test_clips_and_groups_by_source(sources, clips, groups):
    comparison = real_clips(*sources)
    assert (len(comparison.clips), len(set(comparison.groups))) == (clips, groups)
    assert {clip.source for clip in comparison.clips} <= set(sources) or sources in ((), (None,))


@pytest.mark.parametrize("sources", [FOUND, ("UT-Interaction",)])
def test_counts_and_effects_are_those_of_the_stored_logits(sources):
    """The counts are recomputed from the two files without the code under test."""
    with CLIPS_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    with np.load(LOGITS_FILE) as file:
        titles, logits = file["titles"].tolist(), file["logits"].astype(float)
    labels, chosen = kinetics_labels(), [i for i, row in enumerate(rows) if row["source"] in sources]
    comparison = real_clips(*sources)
    for title in titles:
        correct, change = 0, []
        for i in chosen:
            true = labels.index(rows[i]["label"])
            before, after = (np.exp(x) / np.exp(x).sum() for x in (logits[0, i], logits[titles.index(title), i]))
            correct += int(after.argmax() == true)
            change.append(after[true] - before[true])
        assert comparison.count_correct(title) == correct
        mean, low, high = comparison.effect(title)
        assert mean == pytest.approx(np.mean(change), abs=1e-5)
        assert low <= mean <= high


@pytest.mark.parametrize("source, found", [("Charades", "'Charades'"), (["UCF101"], r"\['UCF101'\]")])
def test_an_unknown_source_is_refused(source, found):
    with pytest.raises(ValueError, match=f"{found} is not a source of real clips. Choose from 'UCF101', 'Kinetics-400', "):
        real_clips(source)


@pytest.mark.parametrize("name", [CLIPS_FILE.name, LOGITS_FILE.name])
def test_the_error_for_a_missing_file_says_how_to_restore_it(copies, name):
    (copies / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"samples/{name} is missing. Download the tutorial again, or, .* git checkout"):
        real_clips()


@pytest.mark.parametrize("name", [CLIPS_FILE.name, LOGITS_FILE.name])
@pytest.mark.parametrize("content", [b"", b"\x00\xff<html>", None])
def test_a_damaged_file_is_refused(copies, name, content):
    half = (copies / name).read_bytes()[: LOGITS_FILE.stat().st_size // 2 if name == LOGITS_FILE.name else 2000]
    (copies / name).write_bytes(half if content is None else content)
    with pytest.raises(ValueError, match="is damaged|do not describe the same clips"):
        real_clips()


def test_a_label_that_is_not_among_the_400_is_refused(copies):
    path = copies / CLIPS_FILE.name
    path.write_text(path.read_text(encoding="utf-8").replace("hugging", "hugs", 1), encoding="utf-8")
    with pytest.raises(ValueError, match="real_clips.tsv is damaged .'hugs' is not among the 400 labels"):
        real_clips()


def test_logits_that_are_not_finite_are_refused(copies):
    with np.load(LOGITS_FILE) as file:
        contents = dict(file)
    contents["logits"][0, 0, 0] = np.nan
    np.savez(copies / LOGITS_FILE.name, **contents)
    with pytest.raises(ValueError, match="real_clips.npz is damaged .* all finite"):
        real_clips()


def test_files_about_different_clips_are_refused(copies):
    path = copies / CLIPS_FILE.name
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([lines[0], lines[2], lines[1], *lines[3:]]), encoding="utf-8")
    with pytest.raises(ValueError, match="do not describe the same clips"):
        real_clips()


def test_what_is_written_is_read(copies):
    clip = RealClip("a.avi", "Run", "jogging", ("marching",), "a", "UCF101", "", "owner/name:a.avi", "00", 80, 29.97)
    logits = np.zeros((1, 400), np.float32)
    logits[0, kinetics_labels().index("marching")] = 9
    write([clip], {"unchanged": logits}, fingerprint="x", date="2026-01-01", processor="y")
    comparison = real_clips()
    assert comparison.clips == [clip]
    assert (comparison.count_correct("unchanged"), comparison.count_accepted("unchanged")) == (0, 1)
