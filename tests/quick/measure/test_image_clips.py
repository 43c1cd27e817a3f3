"""What a network for images sees in the clips, as stored."""

import pytest

from helpers import kinetics_labels, samples
from helpers.measure import image_clips as module
from helpers.measure.image_clips import image_clips, write_clips
from helpers.measure.real_clips import FOUND, real_clips
from helpers.models.kinetics import SAMPLE_LABELS


def test_they_are_all_clips_with_a_label_and_all_samples():
    real, rendered = image_clips("real"), image_clips("rendered")
    assert [(clip.name, clip.sha256, clip.label) for clip in real] == [
        (clip.name, clip.sha256, clip.label) for clip in real_clips(*FOUND).clips
    ]
    assert [clip.name for clip in rendered] == list(samples)
    assert [clip.label for clip in rendered] == [SAMPLE_LABELS.get(clip.action, "") for clip in rendered]
    for clip in real + rendered:
        assert clip.middle and clip.mean and clip.middle not in kinetics_labels()
        assert 0.001 < clip.middle_probability <= 1 and 0.001 < clip.mean_probability <= 1


def test_writing_and_reading(tmp_path, monkeypatch):
    clips = image_clips("rendered")
    monkeypatch.setattr(module, "FILE", tmp_path / "image_clips.tsv")
    write_clips(clips, "today")
    assert image_clips("rendered") == clips and image_clips("real") == []
    module.FILE.write_text(module.FILE.read_text(encoding="utf-8")[:-70], encoding="utf-8")
    with pytest.raises(ValueError, match="samples/image_clips.tsv is damaged .* git checkout samples/image_clips.tsv"):
        image_clips("rendered")
    with pytest.raises(ValueError, match="kind must be 'real' or 'rendered', not 'other'"):
        image_clips("other")
