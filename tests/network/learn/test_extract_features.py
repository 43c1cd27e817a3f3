"""Features of many clips with real networks, in processes of their own: the same numbers as one clip at a time."""

import shutil

import numpy as np
import pytest

from helpers import extract_features, features, load_features, samples
from helpers.learn.stored_results import sample_features
from tests.support.command_line import run

NAMES = ["v_Crawl_g01_c01.avi", "v_Dance_g02_c01.avi", "v_Jump_g03_c01.avi"]


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(samples[name], folder)
    return folder


@pytest.mark.long
def test_i3d(clips, tmp_path, without_features):
    out = tmp_path / "out"
    finished = run("-m", "helpers", "features", str(clips), "--out", str(out), "--dashboard", "off", "--workers", "1")
    assert finished.returncode == 0 and finished.stderr == "", finished.stderr
    assert finished.stdout.splitlines()[-1].startswith("done 3, skipped 0, failed 0, ")
    table, stored = load_features(out), sample_features()
    assert (table.names, table.actions, table.groups) == (NAMES, ["Crawl", "Dance", "Jump"], ["g01", "g02", "g03"])
    for name, record in zip(table.names, table.clips):
        for field, expected in stored.clips[stored.names.index(name)]._asdict().items():
            np.testing.assert_allclose(getattr(record, field), expected, rtol=2e-3, atol=2e-3, err_msg=f"{name} {field}")
    assert not (without_features / "features").exists()


def test_movinet_from_python(clips, tmp_path, movinet, without_features, capfd):
    report = extract_features(clips, tmp_path / "out", "movinet-a0", workers=2)
    assert (report.done, report.failed, set(report.stages)) == (3, {}, {"fetch", "decode", "compute", "write"})
    output, errors = capfd.readouterr()
    assert output == "" and errors.startswith("dashboard: http://127.0.0.1:") and errors.count("\n") == 1
    table = load_features(tmp_path / "out")
    assert np.array_equal(table.rows, features(movinet, [clips / name for name in NAMES]))
    again = extract_features(clips, tmp_path / "out", "movinet-a0", dashboard=None)
    assert again.summary.startswith("done 0, skipped 3, failed 0, ")
