"""LiteRT, streams and downloads, with a network of a few lines that has the signature of the published MoViNet."""

import hashlib
import io
import shutil
import tarfile
import warnings
from pathlib import Path

import numpy as np
import pytest

from helpers import kinetics_labels, load_model, load_movinet, predict, predict_timeline
from helpers.basics.messages import DownloadError, ModelError
from helpers.measure.experiments import Clip, Experiment
from helpers.models.movinet import files as movinet_files
from helpers.models.movinet.loading import movinet_input
from helpers.models.video_model import Stream
from tests.support import stand_ins
from tests.support.clock_videos import write_clock
from tools.classroom import make

LABELS = [f"action {i}" for i in range(600)]
LABELS_TEXT = "".join(f"{label}\n" for label in LABELS).encode()


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """The bytes of a .tflite file."""
    return stand_ins.convert_stream(tmp_path_factory.mktemp("stand-in"))


@pytest.fixture
def other(network):
    """A network with another hash."""
    return network + b"\n"


@pytest.fixture
def file(network, tmp_path):
    path = tmp_path / "network.tflite"
    path.write_bytes(network)
    return path


@pytest.fixture
def model(file):
    return load_model(file)


def clip(frames=6, size=172, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (frames, size, size, 3), np.uint8)


def test_a_model_says_what_it_needs(model):
    assert model.input == movinet_input(172)
    assert (model.input.value_range, model.input.fps, model.input.crop_fraction) == ((0, 1), 5, 1)
    assert model.labels is None and model.is_causal
    assert repr(model) == "network: 172 x 172 pixels at 5 frames per second, no labels"


def test_frame_by_frame_and_the_whole_clip_have_the_same_logits(model):
    frames, stream = clip(), model.start()
    logits = [stream.step(frame) for frame in frames]
    whole = model(frames[np.newaxis] / np.float32(255))["default"][0]
    np.testing.assert_allclose(logits[-1], whole, atol=1e-3)
    assert np.abs(logits[0] - whole).max() > 0.01, "the states make a difference"


def test_a_clip_does_not_depend_on_the_one_before(model):
    batch = np.stack([clip(seed=seed) for seed in range(3)]) / np.float32(255)
    logits = model(batch)["default"]
    np.testing.assert_array_equal(model(batch[2:])["default"], logits[2:])


def test_streams_do_not_disturb_each_other(model):
    one, other = model.start(), model.start()
    for a, b in zip(clip(seed=1), clip(seed=2)):
        logits = one.step(a), other.step(b)
    alone = model.start()
    for b in clip(seed=2):
        expected = alone.step(b)
    np.testing.assert_array_equal(logits[1], expected)


def test_the_interpreter_of_a_stopped_stream_starts_anew(model):
    frames = clip()
    with model.start() as stream:
        first = [stream.step(frame) for frame in frames]
    with model.start() as stream:
        np.testing.assert_array_equal([stream.step(frame) for frame in frames], first)
    stream.stop()
    one, other = model.start(), model.start()
    one.step(frames[1])
    np.testing.assert_array_equal(other.step(frames[0]), first[0])


def test_a_stopped_stream_stays_stopped(model):
    stream = model.start()
    stream.step(clip()[0])
    stream.stop()
    with pytest.raises(RuntimeError, match=r"was stopped after 1 frames: call the model's start\(\)"):
        stream.step(clip()[0])


@pytest.mark.parametrize("shape", [(480, 640, 3), (640, 480, 3), (1, 1, 3), (172, 172, 3), (97, 31, 3)])
def test_frames_of_any_size_are_taken(model, shape):
    assert model.start().step(np.full(shape, 128, np.uint8)).shape == (600,)


@pytest.mark.parametrize(
    "frame, hint",
    [
        (np.zeros((4, 4, 3), np.float32), r"float32 \[4, 4, 3\]"),
        (np.zeros((4, 4), np.uint8), r"uint8 \[4, 4\]"),
        (np.zeros((4, 4, 4), np.uint8), r"uint8 \[4, 4, 4\]"),
        (np.zeros((0, 4, 3), np.uint8), r"uint8 \[0, 4, 3\]"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"uint8 \[2, 4, 4, 3\]"),
        ([[1]], "a list"),
        (None, "a NoneType"),
    ],
)
def test_what_is_no_frame_is_refused_and_leaves_the_stream_as_it_was(model, frame, hint):
    stream = model.start()
    with pytest.raises(ValueError, match=f"the frame is {hint}, but must be (an array, )?uint8"):
        stream.step(frame)
    assert stream.frames == 0


def test_the_center_square_is_seen_in_the_range_of_the_model():
    seen = []
    stream = Stream(lambda frame: seen.append(frame) or np.zeros(1), movinet_input(4))
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    stream.step(wide)
    assert seen[0].shape == (1, 1, 4, 4, 3) and seen[0].dtype == np.float32 and (seen[0] == 1).all()


def test_predict_takes_size_range_and_labels_from_the_model(model):
    frames = clip()
    prediction = predict(model, LABELS, frames, min_probability=0)
    expected = model(frames[np.newaxis] / np.float32(255))["default"][0]
    assert prediction.probabilities.argmax() == expected.argmax()
    with pytest.raises(ValueError, match=r"frames are uint8 \[9, 224, 224, 3\], but must be uint8 \[T, 172, 172, 3\]"):
        predict(model, LABELS, clip(9, 224))


def test_another_range_is_taken_if_it_is_given(model):
    frames = clip()
    expected = model(frames[np.newaxis] / np.float32(127.5) - 1)["default"][0]
    stream = model.start(value_range=(-1, 1))
    for frame in frames:
        logits = stream.step(frame)
    np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_a_video_is_read_at_the_size_and_rate_of_the_model(model, tmp_path):
    path = write_clock(tmp_path / "clock.mkv", 25, 50)
    assert model.read_video(path).shape == (10, 172, 172, 3)
    assert model.read_video(path, max_frames=3).shape == (3, 172, 172, 3)
    assert len(model.read_video(path, fps=10)) == 20
    assert len(model.read_video(path, fps=None)) == 50


def test_a_timeline_has_a_prediction_for_each_frame_and_resumes(model, tmp_path):
    frames = clip(40)
    timeline = predict_timeline(model, LABELS, frames)
    assert (len(timeline.seconds), timeline.fps, timeline.step) == (40, 5, 1)
    np.testing.assert_allclose(timeline.seconds[:2], [0.2, 0.4])
    whole = model(frames[np.newaxis] / np.float32(255))["default"][0]
    np.testing.assert_allclose(timeline.logits[-1], whole, atol=1e-3)
    assert len(timeline.thumbnails) == 10 and timeline.segments()

    def interrupted():
        yield from frames[:20]
        raise KeyboardInterrupt

    part = predict_timeline(model, LABELS, interrupted())
    assert len(part.seconds) == 16 and "Interrupted" in part.note
    np.testing.assert_allclose(predict_timeline(model, LABELS, frames, after=part).logits, timeline.logits, atol=1e-4)
    assert len(predict_timeline(model, LABELS, write_clock(tmp_path / "clock.mkv", 25, 50)).seconds) == 10


def test_an_experiment_takes_its_clips(model):
    clips = [Clip("a", LABELS[3], f"group {i}", clip(seed=i)) for i in range(3)]
    comparison = Experiment(model, LABELS, clips).compare({"reversed": lambda frames: frames[::-1]})
    assert comparison.results["reversed"].shape == (3, 600)
    with pytest.raises(ValueError, match=r"must be uint8 \[T, 172, 172, 3\]"):
        Experiment(model, LABELS, [Clip("a", "", "g", clip(9, 224))]).predict()


@pytest.mark.parametrize("shape", [(1, 6, 224, 224, 3), (6, 172, 172, 3), (1, 0, 172, 172, 3)])
def test_another_batch_is_refused(model, shape):
    with pytest.raises(ValueError, match=r"must be float32 \[N, T, 172, 172, 3\], with N and T at least 1"):
        model(np.zeros(shape, np.float32))


@pytest.mark.parametrize("content", [b"", b"TFL3", b"<!DOCTYPE html>", bytes(5000)])
def test_a_file_that_is_no_model_is_refused(tmp_path, content):
    (tmp_path / "x.tflite").write_bytes(content)
    with pytest.raises(ModelError, match="x.tflite is not a model that LiteRT can run"):
        load_model(tmp_path / "x.tflite")


@pytest.mark.parametrize("part", [0.01, 0.5, 0.999])
def test_a_file_that_is_cut_is_refused(network, tmp_path, part):
    (tmp_path / "cut.tflite").write_bytes(network[: int(part * len(network))])
    with pytest.raises(ModelError, match="cut.tflite is not a model that LiteRT can run"):
        load_model(tmp_path / "cut.tflite")


def test_a_network_with_other_inputs_or_outputs_is_refused(tmp_path):
    path = tmp_path / "other.tflite"
    path.write_bytes(stand_ins.convert_stream(tmp_path / "other", drop={stand_ins.SUMS}))
    with pytest.raises(ModelError, match="accepts image .*and returns logits .*but a causal network must accept"):
        load_model(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        load_movinet(path=tmp_path / "nothing.tflite")


def test_there_are_three_movinets():
    with pytest.raises(ValueError, match="name must be 'a0', 'a1', or 'a2', not 'a7'"):
        load_movinet("a7")


def test_there_are_two_lists_of_labels():
    with pytest.raises(ValueError, match="classes must be 400 .* not 700"):
        kinetics_labels(700)


@pytest.fixture
def published(network, httpserver, cache, monkeypatch):
    """Servers that stand in for TF Hub, Kaggle and GitHub; A0 has the hash of the stand-in."""
    monkeypatch.setattr("helpers.basics.download.TRIES", 1)
    for name, path in {"TFHUB": "/tfhub/{}?lite-format=tflite", "KAGGLE": "/kaggle/{}", "LABELS_600": "/labels"}.items():
        monkeypatch.setattr(movinet_files, name, httpserver.url_for(path))
    monkeypatch.setitem(movinet_files.MOVINET_SHA256, "a0", hashlib.sha256(network).hexdigest())
    monkeypatch.setattr(movinet_files, "LABELS_600_SHA256", hashlib.sha256(LABELS_TEXT).hexdigest())
    httpserver.expect_request("/labels").respond_with_data(LABELS_TEXT)
    return httpserver


def packed(content, name="1.tflite"):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return archive.getvalue()


def test_a0_is_downloaded_once_and_comes_with_its_labels(published, network):
    published.expect_oneshot_request("/tfhub/a0").respond_with_data(network)
    assert load_movinet().labels == LABELS
    assert load_model("movinet-a0").name == "MoViNet-A0-Stream"
    assert [request.path for request, _ in published.log] == ["/tfhub/a0", "/labels"]


@pytest.mark.parametrize("sent", ["nothing", "a web page", "another network"])
def test_kaggle_is_asked_if_tf_hub_does_not_send_the_file(published, network, sent):
    content = {"nothing": b"", "a web page": b"<!DOCTYPE html>", "another network": network[:-1] + b"x"}[sent]
    published.expect_request("/tfhub/a0").respond_with_data(content, 404 if sent == "nothing" else 200)
    published.expect_request("/kaggle/a0").respond_with_data(packed(network))
    assert load_movinet().is_causal
    files = {path.name for path in movinet_files.cache_folder().glob("movinet*") if path.suffix != ".lock"}
    assert files == {"movinet_a0_stream_int8.tflite", "movinet_a0_stream_int8.tflite.sha256"}


@pytest.mark.parametrize(
    "archive", [b"<!DOCTYPE html>", b"\x1f\x8b broken", packed(b"no model"), packed(b"TFL3", "readme.txt")], ids=range(4)
)
def test_if_neither_sends_it_one_error_says_so(published, archive):
    published.expect_request("/tfhub/a0").respond_with_data("", 404)
    published.expect_request("/kaggle/a0").respond_with_data(archive)
    with pytest.raises(DownloadError, match="MoViNet-A0 could not be downloaded. From TF Hub: .*404.* From Kaggle: "):
        load_movinet()
    assert not movinet_files.movinet_path("a0").exists()


@pytest.mark.parametrize("here", [set(), {"movinet_a0_stream_int8.tflite"}, {"kinetics_600_labels.txt"}], ids=str)
def test_one_error_names_each_missing_file_its_whole_address_and_its_folder(published, network, cache, here):
    published.clear()
    files = {"movinet_a0_stream_int8.tflite": network, "kinetics_600_labels.txt": LABELS_TEXT}
    cache.mkdir()
    for name in here:
        (cache / name).write_bytes(files[name])
    with pytest.raises(DownloadError) as caught:
        load_movinet()
    _, _, by_hand = str(caught.value).partition("with a browser, ")
    assert str(cache) in by_hand
    urls = {
        "movinet_a0_stream_int8.tflite": ["/tfhub/a0?lite-format=tflite", "/kaggle/a0"],
        "kinetics_600_labels.txt": ["/labels"],
    }
    for name, paths in urls.items():
        shown = [path for path in paths if f"{published.url_for(path)}\n" in f"{by_hand}\n"]
        assert ((name in by_hand), shown) == ((False, []) if name in here else (True, paths))
    for name in files.keys() - here:
        (cache / name).write_bytes(files[name])
    assert load_movinet().labels == LABELS, "the file that was put there by hand is found"


def test_a_bit_that_changes_in_the_cache_is_noticed(published, network):
    published.expect_oneshot_request("/tfhub/a0").respond_with_data(network)
    load_movinet()
    content = bytearray(network)
    content[len(content) // 2] ^= 1
    movinet_files.movinet_path("a0").write_bytes(content)
    with pytest.raises(DownloadError, match="The file in the cache is damaged. MoViNet-A0 could not be downloaded"):
        load_movinet()
    published.expect_request("/tfhub/a0").respond_with_data(network)
    assert load_movinet().is_causal


@pytest.mark.parametrize("change", ["one bit", "cut"])
def test_a_changed_file_of_the_readers_own_is_refused_by_its_hash(published, network, tmp_path, change):
    content = bytearray(network)
    content[1000] ^= 1
    (tmp_path / "a0.tflite").write_bytes(content if change == "one bit" else network[:-1])
    with pytest.raises(ModelError, match="is not the published MoViNet-A0-Stream: it has .* bytes, and its SHA-256"):
        load_movinet(path=tmp_path / "a0.tflite")


def test_a1_is_pinned_at_its_first_download_and_this_is_said(published, other):
    published.expect_request("/tfhub/a1").respond_with_data(other)
    with pytest.warns(
        UserWarning, match="No hash of MoViNet-A1 is published.*was recorded. From now on, any other file is rejected"
    ):
        load_movinet("a1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_movinet("a1")
    published.clear()
    published.expect_request("/tfhub/a1").respond_with_data(other + b" ")
    published.expect_request("/kaggle/a1").respond_with_data(packed(other + b" "))
    movinet_files.movinet_path("a1").unlink()
    with pytest.raises(DownloadError, match=f"expected {hashlib.sha256(other).hexdigest()}"):
        load_movinet("a1")


def test_a1_may_be_put_into_the_cache_by_hand(published, other, cache):
    cache.mkdir()
    movinet_files.movinet_path("a1").write_bytes(other)
    with pytest.warns(UserWarning, match=f"{hashlib.sha256(other).hexdigest()}, was recorded"):
        load_movinet("a1")
    assert [request.path for request, _ in published.log] == ["/labels"]


def test_a1_is_loaded_from_a_read_only_cache(published, other, cache, monkeypatch):
    def refuse(path, *content, **options):
        raise PermissionError(13, "Permission denied", str(path))

    kinetics_labels(600)
    movinet_files.movinet_path("a1").write_bytes(other)
    monkeypatch.setattr(Path, "touch", refuse)
    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.warns(UserWarning, match=f"{hashlib.sha256(other).hexdigest()}, could not be recorded next to it: Permission"):
        assert load_movinet("a1").is_causal


@pytest.mark.parametrize("sent", ["a web page", "MoViNet-A0"])
def test_what_is_not_a1_is_not_pinned(published, network, other, sent):
    published.expect_request("/tfhub/a1").respond_with_data(network if sent == "MoViNet-A0" else "<!DOCTYPE html>")
    published.expect_request("/kaggle/a1").respond_with_data(packed(other))
    with pytest.warns(UserWarning, match=hashlib.sha256(other).hexdigest()):
        load_movinet("a1")


@pytest.mark.parametrize("name", ["a1", "a2"])
def test_a_file_of_the_readers_own_is_not_taken_for_another_movinet(published, file, name):
    with pytest.raises(ModelError, match=f'is MoViNet-A0-Stream, not MoViNet-{name.upper()}-Stream. Use load_movinet."a0"'):
        load_movinet(name, path=file)


def test_a_file_of_the_readers_own_must_have_the_input_of_the_movinet_and_cannot_be_verified(published, other, tmp_path):
    (tmp_path / "mine.tflite").write_bytes(other)
    with pytest.raises(ModelError, match="is not MoViNet-A2-Stream: it accepts frames of 172 pixels, not 224"):
        load_movinet("a2", path=tmp_path / "mine.tflite")
    with pytest.warns(UserWarning, match="No hash of MoViNet-A1-Stream is published, so mine.tflite could not be verified"):
        assert load_movinet("a1", path=tmp_path / "mine.tflite").input.size == 172


def test_a_classroom_brings_it_along(published, network, cache, capsys):
    published.expect_request("/weights/movinet_a0_stream_int8.tflite").respond_with_data(network)
    published.expect_request("/weights/kinetics_600_labels.txt").respond_with_data(LABELS_TEXT)
    movinet_files.fetch_from_classroom(published.url_for("/weights"))
    assert load_movinet().labels == LABELS
    assert "/tfhub/a0" not in [request.path for request, _ in published.log]
    assert capsys.readouterr().out == ""


def test_a_classroom_without_it_is_one_line_for_each_file(published, cache, capsys):
    published.expect_request("/weights/movinet_a0_stream_int8.tflite").respond_with_data("", 404)
    published.expect_request("/weights/kinetics_600_labels.txt").respond_with_data("changed")
    movinet_files.fetch_from_classroom(published.url_for("/weights"))
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("The classroom will not have movinet_a0_stream_int8.tflite: ") and "404" in first
    assert "is the wrong file" in second


def test_make_classroom_copies_it_from_the_cache_or_says_so(published, network, tmp_path, capsys):
    published.expect_request("/tfhub/a0").respond_with_data(network)
    make.gather_movinet(tmp_path)
    assert (tmp_path / "movinet_a0_stream_int8.tflite").read_bytes() == network
    assert (tmp_path / "kinetics_600_labels.txt").read_bytes() == LABELS_TEXT
    published.clear()
    movinet_files.movinet_path("a0").unlink()
    make.gather_movinet(tmp_path / "nowhere")
    assert capsys.readouterr().out.startswith("The classroom will not have MoViNet: MoViNet-A0 could not be downloaded")


def test_without_a_network_the_cache_is_enough(published, network, cache):
    published.expect_oneshot_request("/tfhub/a0").respond_with_data(network)
    load_movinet()
    copied = cache.with_name("copied")
    shutil.copytree(cache, copied)
    requests = len(published.log)
    assert load_movinet(path=copied / "movinet_a0_stream_int8.tflite").labels == LABELS
    assert len(published.log) == requests
