"""The kernel's half of the teachable machine: messages of a browser in, clips and messages out. The network is a stand-in."""

import os
import re
import shutil
import sys
import time

import cv2
import numpy as np
import pytest

from helpers import load_model, read_video, samples
from helpers.basics.messages import DownloadError
from helpers.camera import teachable_machine
from helpers.camera.gestures import list_clips, to_name, write_clip
from helpers.camera.teachable_machine import in_words, teach
from helpers.clips.actions import action_clips
from helpers.learn.score import Score
from helpers.models.learned.rejection import NONE
from helpers.models.movinet.loading import movinet_input
from helpers.models.video_model import VideoModel
from helpers.predictions.long_videos import predict_timeline
from tests.quick.camera.test_live_camera import Browser
from tests.support import stand_ins
from tests.support.brightness import BrightnessModel

SIZE, FRAMES = 172, 5
COLORS = {"gesture 1": (220, 30, 30), "gesture 2": (30, 220, 30), "gesture 3": (30, 30, 220)}


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """A causal network of a few lines, which sees colors."""
    path = tmp_path_factory.mktemp("network") / "network.tflite"
    path.write_bytes(stand_ins.convert_stream(path.parent))
    return load_model(path)


class Page(Browser):
    """A browser that shows a machine, and knows its last state."""

    def __init__(self, machine):
        super().__init__(machine)
        self.ask("show")

    def ask(self, kind, buffers=(), **content):
        """Send a message; return what the reply says. A state is kept."""
        reply = self.send({"type": kind, "session": "page", **content}, buffers)[-1]
        if reply["type"] == "state":
            self.state = reply
        return reply["message"]

    def record(self, gesture, seed=0):
        return self.ask("record", [frame.tobytes() for frame in clip(COLORS.get(gesture, (9, 9, 9)), seed)], gesture=gesture)

    @property
    def clips(self):
        return {gesture["name"]: [one["file"] for one in gesture["clips"]] for gesture in self.state["gestures"]}


def clip(color, seed=0, frames=FRAMES):
    """Frames of a color, each with a bright square elsewhere."""
    video = np.zeros((frames, SIZE, SIZE, 3), np.uint8) + np.array(color, np.uint8)
    for frame, (y, x) in zip(video, np.random.default_rng(seed).integers(0, SIZE - 40, (frames, 2))):
        frame[y : y + 40, x : x + 40] = 250
    return video


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "my actions"


@pytest.fixture
def page(folder, network):
    return Page(teach(folder, network, seconds=1.0))


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_three_gestures_and_no_file_to_begin_with(page, folder):
    assert page.clips == {"gesture 1": [], "gesture 2": [], "gesture 3": []}
    assert (page.state["learnable"], page.state["learned"], page.state["wanted"]) == (False, None, 3)
    assert not folder.exists()
    assert str(folder) in page.camera.note and "nowhere else" in page.camera.note


def test_a_clip_is_a_file_that_learn_and_others_read(page, folder):
    assert page.record("gesture 1") == "Saved in my actions/gesture 1/1.mp4."
    page.record("gesture 1", seed=1)
    assert files(folder) == ["gesture 1/1.mp4", "gesture 1/2.mp4"] and page.clips["gesture 1"] == ["1.mp4", "2.mp4"]
    clips, left_out = action_clips(folder)
    assert [found.action for found in clips] == ["gesture 1"] * 2 and left_out == {}
    frames = read_video(clips[1].path, 0, SIZE, 1.0, 5.0, min_frames=1)
    assert frames.shape == (FRAMES, SIZE, SIZE, 3)
    assert np.abs(frames.astype(int) - clip(COLORS["gesture 1"], 1)).mean() < 4
    assert page.state["gestures"][0]["clips"][0]["still"].startswith("data:image/jpeg;base64,")


def test_a_deleted_clip_is_gone_and_its_number_is_free(page, folder):
    for seed in range(3):
        page.record("gesture 1", seed)
    (folder / "gesture 1" / "notes.txt").write_text("mine")
    page.ask("show")
    assert len(page.state["left_out"]) == 1 and page.state["left_out"][0].startswith("gesture 1/notes.txt: ")
    page.ask("delete", gesture="gesture 1", file="2.mp4")
    assert page.clips["gesture 1"] == ["1.mp4", "3.mp4"]
    assert files(folder) == ["gesture 1/1.mp4", "gesture 1/3.mp4", "gesture 1/notes.txt"]
    page.record("gesture 1", 9)
    assert page.clips["gesture 1"] == ["1.mp4", "2.mp4", "3.mp4"]


def test_the_folder_of_the_last_clip_is_gone_too(page, folder):
    page.record("gesture 1")
    page.ask("delete", gesture="gesture 1", file="1.mp4")
    assert list(folder.iterdir()) == [] and page.clips["gesture 1"] == []
    page.record("gesture 2")
    page.ask("rename", gesture="gesture 1", name="wave")
    page.ask("rename", gesture="gesture 2", name="gesture 1")
    assert files(folder) == ["gesture 1/1.mp4"]


@pytest.mark.parametrize("file", ["notes.txt", "../outside.mp4", "9.mp4", ""])
def test_nothing_else_is_deleted(page, folder, file):
    page.record("gesture 1")
    for foreign in (folder / "gesture 1" / "notes.txt", folder / "outside.mp4"):
        foreign.write_text("mine")
    before = files(folder)
    assert "no longer exists" in page.ask("delete", gesture="gesture 1", file=file)
    assert files(folder) == before


def test_a_gesture_is_renamed_with_its_clips(page, folder):
    page.record("gesture 2")
    page.ask("rename", gesture="gesture 2", name="  Daumen hoch 👍 ")
    page.ask("rename", gesture="gesture 3", name="winken")
    assert list(page.clips) == ["gesture 1", "Daumen hoch 👍", "winken"]
    assert files(folder) == ["Daumen hoch 👍/1.mp4"]


BAD = {"a/b": "contains /", "a\\b": "contains \\", "": "1 to 40", "  ": "1 to 40", "x" * 41: "1 to 40", ".a": "dot", "a.": "dot"}
BAD |= {name: "a device on Windows" for name in ("CON", "nul", "COM1.txt", "Lpt9 .a", "com¹")}
BAD |= {"a\nb": "1 to 40", "GESTURE 3": "is taken", NONE: "resembles no gesture", "who?": "contains ?", "..": "dot"}


@pytest.mark.parametrize("name, why", BAD.items(), ids=repr)
def test_a_name_that_no_folder_can_have_is_one_line(page, folder, name, why):
    page.record("gesture 1")
    message = page.ask("rename", gesture="gesture 1", name=name)
    assert why in message and "Choose" in message and "\n" not in message
    assert files(folder) == ["gesture 1/1.mp4"]


def test_a_folder_that_exists_is_not_overwritten(page, folder):
    page.record("gesture 1")
    (folder / "wave").mkdir()
    (folder / "wave" / "notes.txt").write_text("mine")
    assert "already" in page.ask("rename", gesture="gesture 1", name="wave")
    assert files(folder) == ["gesture 1/1.mp4", "wave/notes.txt"]


def test_names_of_one_gesture_can_differ_in_case_only():
    assert to_name("Wave", ["point"]) == "Wave"
    assert [to_name(name, []) for name in ("contact", "com", "nulled", "COM10")] == ["contact", "com", "nulled", "COM10"]
    assert to_name("Schu\u0308tteln", []) == "Sch\u00fctteln", "as one letter"


COMPOSED, DECOMPOSED = "Gr\u00fc\u00dfe", "Gru\u0308\u00dfe"  # folders that macOS copies have decomposed names


def test_a_clip_is_recorded_into_the_folder_of_the_others_however_its_name_is_encoded(page, folder):
    write_clip(folder, DECOMPOSED, clip((9, 9, 9)), 5.0)
    page.ask("show")
    page.record(COMPOSED, seed=1)
    assert page.clips[COMPOSED] == ["1.mp4", "2.mp4"]
    page.ask("rename", gesture=COMPOSED, name="hello")
    assert files(folder) == ["hello/1.mp4", "hello/2.mp4"]


@pytest.mark.skipif(sys.platform == "darwin", reason="there, both names lead to the same folder")
def test_a_gesture_with_two_folders_is_not_renamed_halfway_and_no_clip_is_mistaken_for_another(page, folder):
    for seed, name in enumerate((COMPOSED, DECOMPOSED)):
        write_clip(folder, name, clip((9, 9, 9), seed), 5.0)
    page.ask("show")
    assert "has 2 folders" in page.ask("rename", gesture=COMPOSED, name="hello")
    assert "has 2 folders" in page.ask("delete", gesture=COMPOSED, file="1.mp4")
    assert files(folder) == sorted([f"{COMPOSED}/1.mp4", f"{DECOMPOSED}/1.mp4"]) and "hello" not in page.clips


def test_gestures_are_added_and_removed(page):
    page.ask("add")
    assert list(page.clips)[3:] == ["gesture 4"]
    page.record("gesture 4")
    assert "delete them first" in page.ask("remove", gesture="gesture 4")
    page.ask("remove", gesture="gesture 2")
    page.ask("show")
    assert list(page.clips) == ["gesture 1", "gesture 3", "gesture 4"]
    assert "The gesture 'gesture 2' no longer exists" in page.record("gesture 2")


@pytest.mark.parametrize("gesture", ["../elsewhere", "/tmp/elsewhere", "gesture 9"])
def test_a_clip_is_written_nowhere_else(page, folder, gesture):
    assert "no longer exists" in page.record(gesture)
    assert not folder.exists() and not (folder.parent / "elsewhere").exists()


@pytest.mark.parametrize("frames, why", [(FRAMES - 1, "4 frames; expected 5"), (FRAMES, "88752, 172 x 172 RGB pixels")])
def test_an_incomplete_recording_is_not_saved(page, folder, frames, why):
    assert why in page.ask("record", [b"short"] * frames, gesture="gesture 1")
    assert not folder.exists()


def test_clips_that_are_there_already_are_listed(folder, network):
    for action in ("Jump", "Roll"):
        (folder / action).mkdir(parents=True)
        shutil.copy(samples[f"v_{action}_g01_c01.avi"], folder / action)
    assert Page(teach(folder, network)).clips == {
        "Jump": ["v_Jump_g01_c01.avi"],
        "Roll": ["v_Roll_g01_c01.avi"],
        "gesture 1": [],
    }


def test_a_picture_among_the_clips_is_left_out(page, folder):
    page.record("gesture 1")
    cv2.imwrite(str(folder / "gesture 1" / "thumbnail.jpg"), np.zeros((100, 100, 3), np.uint8))
    page.ask("show")
    assert page.clips["gesture 1"] == ["1.mp4"]
    assert len(page.state["left_out"]) == 1 and page.state["left_out"][0].startswith("gesture 1/thumbnail.jpg: ")


def test_folders_of_people_belong_to_their_gesture(page, folder):
    for seed, person in enumerate(("anna", "ben")):
        write_clip(folder / "wave", person, clip((9, 9, 9), seed), 5.0)
    shutil.copy(samples["v_Jump_g01_c01.avi"], folder)
    page.ask("show")
    assert page.clips["wave"] == ["anna/1.mp4", "ben/1.mp4"] and "Jump" not in page.clips
    page.ask("delete", gesture="wave", file="ben/1.mp4")
    page.ask("rename", gesture="wave", name="hello")
    assert files(folder) == ["hello/anna/1.mp4", "v_Jump_g01_c01.avi"]


def test_two_widgets_on_a_folder(page, folder, network):
    other = Page(teach(folder, network, seconds=1.0))
    for seed, one in enumerate((page, other, page)):
        one.record("gesture 1", seed)
    other.ask("show")
    assert page.clips == other.clips and page.clips["gesture 1"] == ["1.mp4", "2.mp4", "3.mp4"]


def test_more_than_nine_clips_are_in_order(page):
    for seed in range(11):
        page.record("gesture 1", seed)
    assert page.clips["gesture 1"] == [f"{n}.mp4" for n in range(1, 12)]


def test_a_full_disk_leaves_no_file(page, folder):
    resource = pytest.importorskip("resource")
    page.record("gesture 1")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # bytes of a file
    try:
        message = page.record("gesture 2")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert message.startswith("The clip was not saved in ") and "Is the disk full?" in message and "\n" not in message
    assert [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*"))] == ["gesture 1", "gesture 1/1.mp4"]
    page.record("gesture 2")
    assert page.clips["gesture 2"] == ["1.mp4"]


def test_what_a_killed_kernel_left_is_removed(page, folder):
    folder.mkdir()
    for name, age in {f".{'0' * 32}.part.mp4": 7200, f".{'1' * 32}.part.mp4": 0, ".mine.mp4": 7200}.items():
        (folder / name).touch()
        os.utime(folder / name, (time.time() - age,) * 2)
    page.record("gesture 1")
    assert sorted(path.name for path in folder.iterdir()) == [f".{'1' * 32}.part.mp4", ".mine.mp4", "gesture 1"]
    assert page.state["left_out"] == []


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, network):
    (tmp_path / "file").write_text("mine")
    page = Page(teach(tmp_path / "file" / "clips", network, seconds=1.0))
    message = page.record("gesture 1")
    assert "was not saved" in message and "Not a directory" in message


def test_two_gestures_with_two_clips_can_be_learned(page):
    page.record("gesture 1"), page.record("gesture 1", 1), page.record("gesture 2")
    assert not page.state["learnable"]
    assert "only 'gesture 1' has 2 or more" in page.ask("learn")
    page.record("gesture 2", 1)
    assert page.state["learnable"]


@pytest.fixture
def learned(page, cache):
    for gesture in COLORS:
        for seed in range(2):
            page.record(gesture, seed)
    page.ask("rename", gesture="gesture 3", name="Blöße")
    page.ask("learn")
    return page


def test_it_learns_and_says_how_it_scores(learned, folder):
    said = [reply["message"] for reply in learned.replies if reply["type"] == "progress"]
    assert [f"Looking at clip {n} of 6." for n in range(1, 7)] == [text for text in said if text.startswith("Looking")]
    assert learned.state["message"] == f"Learned from 6 clips. The model is in {folder}.model."
    lines, recalls = learned.state["learned"]["lines"], dict(learned.state["learned"]["recalls"])
    correct = sum(int(text.split()[0]) for text in recalls.values())
    assert lines[0].startswith(f"{correct} of 6 clips correct, each by a model that did not learn from it")
    assert "chance 33%, best baseline without movement" in lines[0] and "expect a lower score tomorrow" in lines[1]
    assert correct >= 5 and set(recalls) == {"Blöße", "gesture 1", "gesture 2"}
    assert action_clips(folder)[1] == {}, "the model is not among the clips"


@pytest.mark.parametrize("predicted, correct", [("aabb", 4), ("bbaa", 0)])
def test_an_interval_needs_more_clips_if_all_are_correct_or_wrong(predicted, correct):
    score = Score(["a", "b"], list("aabb"), list(predicted), list("1234"), {"most frequent": list("aaaa")}, {})
    line = in_words(score)[0]
    assert line.startswith(f"{correct} of 4 clips correct") and "too few clips for a 95% interval" in line


def test_then_it_predicts_live_with_the_gestures_as_labels(learned):
    learned.start()
    for gesture in ("gesture 2", "gesture 1", "gesture 2"):
        replies = [learned.frame(frame.tobytes()) for frame in clip(COLORS[gesture], 7, 12)]
        assert replies[-1]["top"][0][0] == gesture, "what was before is forgotten"
    assert {label for label, _ in replies[-1]["top"]} == {"Blöße", "gesture 1", "gesture 2", NONE}


def test_anything_else_is_none_of_these(learned):
    learned.start()
    replies = [learned.frame(frame.tobytes()) for frame in clip((240, 240, 30), 7, 12)]
    assert replies[-1]["top"][0][0] == NONE
    line = learned.state["learned"]["lines"][-1]
    assert f"is labeled {NONE!r}" in line and re.search(r"\d+ of 12 \(\d+%\) of a gesture that was left out in turn", line)


def test_two_gestures_do_not_show_how_often_others_pass(learned):
    for file in ("1.mp4", "2.mp4"):
        learned.ask("delete", gesture="Blöße", file=file)
    learned.ask("learn")
    assert learned.camera.model.labels == ["gesture 1", "gesture 2", NONE]
    assert "Record a third gesture, or other movements" in learned.state["learned"]["lines"][-1]


def test_the_model_is_one_like_any_other(learned, folder):
    model = load_model(f"{folder}.model")
    assert model.labels == learned.camera.model.labels == ["Blöße", "gesture 1", "gesture 2", NONE]
    assert model.is_causal


def test_other_is_no_gesture_but_shows_how_many_clips_pass(learned):
    learned.ask("add")
    learned.ask("rename", gesture="gesture 3", name="other")
    learned.record("other", seed=3)
    learned.ask("learn")
    assert learned.camera.model.labels == ["Blöße", "gesture 1", "gesture 2", NONE]
    assert "not learned" not in learned.state["message"] and "of 6 clips correct" in learned.state["learned"]["lines"][0]
    assert " and 0 of 2 (0%) of 'other', which was not learned were labeled as" in learned.state["learned"]["lines"][-1]


def test_it_is_known_with_which_threshold_a_timeline_was_predicted(learned, folder):
    frames = clip(COLORS["gesture 1"], frames=40)
    models = [load_model(f"{folder}.model", reject=reject) for reject in ("model", 0.5)]
    part = predict_timeline(models[0], models[0].labels, frames[:20])
    assert len(predict_timeline(models[0], models[0].labels, frames, after=part).seconds) == 7
    with pytest.raises(ValueError, match=r"model must be '.*', as in the timeline to resume, not '.*-reject-0.5'"):
        predict_timeline(models[1], models[1].labels, frames, after=part)


def test_after_a_change_it_has_to_learn_again(learned):
    learned.record("gesture 1", 5)
    assert learned.state["learned"] is None
    [reply] = learned.send({"type": "start", "session": "one"})
    assert "Nothing has been learned yet" in reply["message"]
    learned.ask("learn")
    learned.start()


def test_what_was_learned_stays_if_no_clip_has_changed(learned):
    before = learned.state["learned"]
    learned.ask("rename", gesture="gesture 1", name=" gesture 1 ")
    learned.ask("add")
    learned.ask("rename", gesture="gesture 3", name="jump")
    assert learned.state["learned"] == before and list(learned.clips) == ["gesture 1", "gesture 2", "Blöße", "jump"]
    learned.ask("rename", gesture="gesture 1", name="wave")
    assert learned.state["learned"] is None


@pytest.mark.parametrize("frames, halves", [(1, [[0], [0]]), (2, [[0], [1]]), (3, [[0], [1]]), (FRAMES, [[0, 1], [2, 3]])])
def test_a_clip_of_any_length_has_two_halves(page, folder, network, monkeypatch, frames, halves):
    write_clip(folder, "wave", clip((9, 9, 9), frames=2 * frames), 10.0)  # of which the network reads five a second
    [found] = list_clips(folder)[0]
    seen = []
    monkeypatch.setattr(teachable_machine, "mean_features", lambda model, frames: seen.append(frames) or np.zeros(3))
    page.camera._halves(found)
    video = network.read_video(found.path)
    assert [half.tolist() for half in seen] == [video[half].tolist() for half in halves]


def test_without_a_browser(learned, folder, network):
    machine = teach(folder, network)
    score = machine.learn()
    assert len(score.actions) == 6 and machine.model.labels == [*score.labels, NONE]
    assert repr(machine) == "Teachable machine: run this cell in JupyterLab or Colab to use it."


def test_a_gesture_with_one_clip_is_not_learned(learned, folder):
    learned.ask("add")
    learned.record("gesture 3", seed=9)
    learned.ask("learn")
    assert len(learned.state["learned"]["recalls"]) == 3
    assert "gesture 3 was not learned: it has 1 of at least 2 clips" in learned.state["message"]


def test_a_machine_that_is_opened_again_says_what_comes_next(page, folder, network):
    for gesture in ("gesture 1", "gesture 2"):
        page.record(gesture), page.record(gesture, 1)
    assert Page(teach(folder, network)).state["message"] == "Found 4 clips. Record more, or choose Learn."


def test_it_does_not_replace_what_is_no_model(page, folder):
    for gesture in ("gesture 1", "gesture 2"):
        page.record(gesture), page.record(gesture, 1)
    mine = folder.with_name("my actions.model")
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    assert "is not a learned model" in page.ask("learn")
    assert files(mine) == ["notes.txt"]


def test_a_download_that_fails_is_one_line(folder, monkeypatch):
    def no_internet():
        raise DownloadError("MoViNet cannot be downloaded: copy it into the cache.") from OSError("Name not known")

    monkeypatch.setattr(teachable_machine, "load_movinet", no_internet)
    page = Page(teach(folder, seconds=1.0))
    for gesture in ("gesture 1", "gesture 2"):
        page.record(gesture), page.record(gesture, 1)
    assert page.ask("learn") == "MoViNet cannot be downloaded: copy it into the cache."


def test_one_file_as_two_gestures_is_refused(page, folder):
    write_clip(folder, "gesture 1", clip((9, 9, 9)), 5.0)
    (folder / "gesture 2").mkdir()
    shutil.copy(folder / "gesture 1" / "1.mp4", folder / "gesture 2")
    assert "are the same file, under two actions" in page.ask("show")


@pytest.mark.parametrize("options", [{"seconds": 0.5}, {"seconds": 11}, {"clips": 1}])
def test_options_out_of_range(folder, options):
    with pytest.raises(ValueError, match="must be"):
        teach(folder, **options)


def test_clips_that_are_too_large_for_a_message_to_the_kernel_are_refused(folder):
    model = BrightnessModel(256, fps=12.0)
    assert teach(folder, model, seconds=4.3).frames * 256 * 256 * 3 < 10 * 2**20
    with pytest.raises(ValueError, match="seconds can be at most 4.3 for this model, not 4.5"):
        teach(folder, model, seconds=4.5)
    assert teach(folder, BrightnessModel(224), seconds=10).frames == 50, "MoViNet-A2 can have the longest clips"


def test_a_model_without_streams_is_refused(folder):
    with pytest.raises(TypeError, match="causal model"):
        teach(folder, lambda batch: batch)


def test_so_is_one_that_is_not_causal(folder):
    with pytest.raises(ValueError, match="colors is not causal"):
        teach(folder, VideoModel(lambda batch: batch, movinet_input(SIZE), ["a", "b"], "colors"))


@pytest.mark.parametrize("name", ["", "model", "gesture 1/model"])
def test_a_model_among_the_clips_is_refused(folder, name):
    with pytest.raises(ValueError, match="in the folder of the clips. Choose a place outside"):
        teach(folder, save=folder / name)


def test_what_the_browser_is_told(folder):
    machine = teach(folder, BrightnessModel(64, fps=8.0), seconds=2.0)
    assert (machine.size, machine.fps, machine.frames) == (64, 8.0, 16)
