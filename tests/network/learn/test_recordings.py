"""Learning from intervals of long recordings with MoViNet: recordings joined from the samples, a side in each."""

import numpy as np
import pytest

from helpers import load_model, predict_timeline, samples
from helpers.clips.intervals import interval_clips, read_intervals
from helpers.learn import command as learn_command
from helpers.learn.classifier import learn
from helpers.learn.temporal_iou import learned_timeline, recording_rows
from helpers.learn.training import describe_intervals
from helpers.video.writing import join_clips

ACTIONS = ("Cartwheel", "Jogging", "SpinKick")
SECONDS = 2.56  # of each sample


@pytest.fixture
def recordings(tmp_path):
    """Three recordings, in each of which an action comes first, and the table of what happens when."""
    lines = ["file,start,end,action"]
    for side in (1, 2, 3):
        order = ACTIONS[side - 1 :] + ACTIONS[: side - 1]
        clips = [samples[f"v_{action}_g0{side}_c01.avi"] for action in order]
        join_clips(clips, tmp_path / f"side{side}.mp4")
        lines += [f"side{side}.mp4,{i * SECONDS},{(i + 1) * SECONDS},{action}" for i, action in enumerate(order)]
    (tmp_path / "table.csv").write_text("\n".join(lines))
    return tmp_path


def test_a_saved_model_predicts_the_timelines_that_were_scored(movinet, recordings, capsys):
    saved, table = recordings / "saved", recordings / "table.csv"
    with pytest.raises(ValueError, match="is in the folder of the clips"):
        learn_command.main([str(recordings), "--intervals", str(table), "--model", "movinet-a0", "--save", str(saved)])
    saved = recordings.parent / f"{recordings.name} saved"
    options = ["--intervals", str(table), "--model", "movinet-a0", "--reject", "off"]  # timelines are scored without a threshold
    learn_command.main([str(recordings), *options, "--save", str(saved)])
    text = capsys.readouterr().out
    assert text.startswith("9 clips of 3 actions, in 3 groups\n")
    assert "Timelines of recordings that were held out" in text and "of 9 intervals" in text

    clips = interval_clips(read_intervals(table), recordings)
    records = describe_intervals(movinet, table, clips, [])
    rows = np.stack([record.features for record in records.values()])
    classifier = learn(rows, [clip.action for clip in records], [clip.group for clip in records])
    expected = learned_timeline(classifier, recording_rows(movinet, recordings / "side1.mp4"), 0.0, in_windows=True)
    model = load_model(saved)
    found = predict_timeline(model, model.labels, recordings / "side1.mp4")
    assert found.labels == expected.labels
    np.testing.assert_allclose(found.logits, expected.logits, atol=1e-3)
    assert [segment[2] for segment in found.segments()] == [segment[2] for segment in expected.segments()]
