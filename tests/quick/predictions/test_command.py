"""The commands `python -m helpers predict`, `timeline`, and `python -m tools.setup.check`."""

import builtins
import functools
import json
import mimetypes
import re
import shutil
import sys

import numpy as np
import pytest

from helpers import samples
from helpers.__main__ import COMMANDS, main
from helpers.models.video_model import ModelInput, VideoModel
from helpers.predictions import arguments as common
from helpers.predictions import command as predict_command
from helpers.predictions import segments
from helpers.video import reading
from helpers.video.writing import join_clips
from tests.support.command_line import run

CARTWHEEL = "samples/v_Cartwheel_g01_c01.avi"


def test_importing_the_helpers_does_not_import_slow_libraries():
    slow = ["tensorflow", "keras", "matplotlib", "wordcloud", "PIL", "IPython", "sklearn", "scipy"]
    slow += ["requests", "urllib3", "cryptography", "aia_chaser", "pooch"]
    finished = run("-c", f"import helpers, sys; print([name for name in {slow} if name in sys.modules])")
    assert finished.stdout == "[]\n"


def test_help_names_every_command_and_each_has_examples():
    finished = run("-m", "helpers", "--help")
    assert finished.returncode == 0
    assert [*COMMANDS] == re.findall(r"^  (\w+)  +", finished.stdout, re.MULTILINE)
    for command in COMMANDS:
        shown = run("-m", "helpers", command, "--help").stdout
        assert shown.startswith(f"usage: python -m helpers {command} [-h]")
        examples = shown.split("examples:\n")[1]
        assert examples.count(f"  python -m helpers {command} ") == len(examples.splitlines()) > 0


def test_without_arguments_the_commands_are_listed_as_an_error():
    finished = run("-m", "helpers")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "commands:" in finished.stderr


@pytest.mark.parametrize("word, hint", [("timelin", " Did you mean timeline?"), ("helo", "")])
def test_a_misspelled_command_is_not_taken_for_a_video(word, hint):
    finished = run("-m", "helpers", word, CARTWHEEL)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert f"no command or file {word!r}.{hint} All commands: python -m helpers --help\n" in finished.stderr


def test_the_word_predict_can_be_left_out(monkeypatch):
    passed = []
    monkeypatch.setattr(predict_command, "main", lambda arguments: passed.append(arguments))
    for arguments in (["predict", CARTWHEEL], [CARTWHEEL]):
        monkeypatch.setattr(sys, "argv", ["helpers", *arguments])
        assert main() == 0
    assert passed == [[CARTWHEEL]] * 2


@pytest.mark.parametrize(
    "rate, reason",
    [
        ("0", "fps must be more than 0 and at most 1000 frames per second, or 'model' or 'file', not 0.0"),
        ("fast", "invalid rate value: 'fast'"),
    ],
)
def test_a_bad_rate_is_an_error(rate, reason):
    finished = run("-m", "helpers", CARTWHEEL, "--fps", rate)
    assert finished.returncode == 2
    assert reason in finished.stderr


def test_less_than_one_action_a_clip_is_an_error():
    finished = run("-m", "helpers", CARTWHEEL, "--top", "-1")
    assert finished.returncode == 2
    assert "--top must be at least 1, not -1" in finished.stderr


@pytest.mark.parametrize(
    "name, reason",
    [
        ("nowhere.avi", "No such file or directory: nowhere.avi"),
        ("README.md", "is not a video"),
        ("docs", "is a folder without videos"),
        ("rtsp://127.0.0.1/camera", "is a stream. Save a part of it to a file first"),
        ("no*where.avi", "No such file"),
    ],
)
def test_a_bad_file_is_one_line_of_error_and_exit_code_2(name, reason):
    finished = run("-m", "helpers", name)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert len(finished.stderr.splitlines()) == 1
    assert name in finished.stderr and reason in finished.stderr


def brightness(batch):
    mean = float(np.mean(batch))
    return {"default": np.array([[mean, -mean]], np.float32)}


MODEL = VideoModel(brightness, ModelInput(32, (-1, 1), 1.0, 25.0, 9), ["bright", "dark"], "brightness")


@pytest.fixture
def command(monkeypatch, capsys):
    """Runs a command with a quick model; returns its status, its output, and its errors."""
    monkeypatch.setattr(common, "load_once", lambda handle, reject: MODEL)

    def run_command(module, *arguments):
        status = module.main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run_command


@pytest.fixture
def predict(command):
    return functools.partial(command, predict_command)


@pytest.fixture
def timeline(command):
    return functools.partial(command, segments)


@pytest.mark.parametrize("options, passed", [([], "model"), (["--reject", "0.8"], 0.8), (["--reject", "off"], "off")])
def test_a_model_is_loaded_with_the_share_of_clips_to_keep(monkeypatch, options, passed):
    found = []
    monkeypatch.setattr(common, "load_once", lambda handle, reject: found.append(reject) or exit(3))
    with pytest.raises(SystemExit):
        predict_command.main([str(samples["v_Cartwheel_g01_c01.avi"]), *options])
    assert found == [passed]


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory):
    """A video of 12.8 seconds."""
    return join_clips([samples["v_Cartwheel_g01_c01.avi"]], tmp_path_factory.mktemp("long") / "long.mp4", repeat=5)


def test_a_long_video_is_predicted_from_its_beginning_and_over_time(predict, long_clip):
    status, out, _ = predict(long_clip)
    assert status == 0
    assert "long.mp4: the first 10.0 of 12.8 s, 250 frames in" in out
    assert "timeline\n    0:00–0:12 " in out


@pytest.mark.parametrize(
    "options, shown",
    [
        (["--max-frames", "50"], "the first 2.0 of 12.8 s, 50 frames"),
        (["--max-frames", "0"], "long.mp4: 320 frames"),
        (["--max-frames", "0", "--fps", "10"], "long.mp4: 128 frames"),
    ],
)
def test_options_decide_what_is_predicted(predict, long_clip, options, shown):
    out = predict(long_clip, *options)[1]
    assert shown in out and "timeline" not in out
    assert "timeline" in predict(long_clip, *options, "--timeline")[1]


def test_a_model_that_was_taught_sees_all_of_a_long_video_and_its_timeline(predict, long_clip, monkeypatch):
    taught = VideoModel(brightness, MODEL.input, MODEL.labels, MODEL.name)
    taught.is_learned = True
    monkeypatch.setattr(common, "load_once", lambda handle, reject: taught)
    out = predict(long_clip)[1]
    assert out.index("long.mp4: 320 frames") < out.index("timeline\n")
    assert "timeline" not in predict(CARTWHEEL)[1]


def test_one_bad_clip_does_not_end_the_run(predict, tmp_path):
    (tmp_path / "notes.txt").write_text("not a video")
    status, out, errors = predict(tmp_path / "notes.txt", "nowhere.avi", CARTWHEEL)
    assert status == 2
    assert "v_Cartwheel_g01_c01.avi: 64 frames" in out
    assert "notes.txt is not a video" in errors and "nowhere.avi" in errors


def test_folders_and_patterns_stand_for_their_clips(predict, tmp_path, monkeypatch):
    for name in ("a.avi", "b.avi"):
        shutil.copy(samples["v_Cartwheel_g01_c01.avi"], tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a video")
    for argument in (tmp_path, tmp_path / "*.avi"):
        status, out, errors = predict(argument)
        assert (status, out.count("64 frames"), errors) == (0, 2, "")


def test_predictions_are_written_as_json_and_csv(predict, long_clip, tmp_path):
    status, out, _ = predict(long_clip, "--json", "--csv", tmp_path / "timeline.csv")
    found = json.loads(out)
    assert (found["seconds"], found["duration"], len(found["top"])) == (10.0, 12.8, 2)
    assert [*found["timeline"][0]] == ["start", "end", "action", "probability"]
    assert (tmp_path / "timeline.csv").read_text().startswith("seconds,rank,action,probability")


def test_a_timeline_is_printed_as_lines_or_json_and_saved_as_a_table(timeline, long_clip, tmp_path):
    status, out, _ = timeline(long_clip, "--csv", tmp_path / "timeline.csv")
    assert (status, out.splitlines()[:2]) == (0, ["", str(long_clip)])
    assert out.splitlines()[2].startswith("    0:00–0:12 ")
    (segment,) = json.loads(timeline(long_clip, "--json")[1])["timeline"]
    assert (segment["start"], segment["end"]) == pytest.approx((0, 12.8), abs=0.32)  # a step of 8 frames
    assert (tmp_path / "timeline.csv").read_text().startswith("seconds,rank,action,probability")


@pytest.mark.parametrize("module", [predict_command, segments])
def test_json_and_tables_do_not_hide_that_a_timeline_is_incomplete(command, module, truncated, tmp_path):
    timeline_too = ["--timeline"] if module is predict_command else []
    status, out, errors = command(module, truncated, "--json", *timeline_too)
    assert status == 0
    assert json.loads(out)["note"].endswith("could be read. Is it complete?")
    assert "truncated.avi: The file's header announces 2.6 seconds" in errors
    errors = command(module, truncated, "--csv", tmp_path / "timeline.csv")[2]
    assert "truncated.avi: The file's header announces 2.6 seconds" in errors
    assert "note" not in json.loads(command(module, CARTWHEEL, "--json", *timeline_too)[1])


@pytest.fixture
def truncated(tmp_path):
    clip = samples["v_Cartwheel_g01_c01.avi"].read_bytes()
    (tmp_path / "truncated.avi").write_bytes(clip[: len(clip) * 6 // 10])
    return tmp_path / "truncated.avi"


@pytest.mark.parametrize("arguments", [["timeline", CARTWHEEL, CARTWHEEL], ["predict", CARTWHEEL, "--csv", "timeline.csv"]])
def test_an_interruption_ends_the_command(arguments, monkeypatch, capsys, tmp_path):
    calls = []

    def interrupted(batch):
        calls.append(batch)
        if len(calls) == 3:  # in the first timeline
            raise KeyboardInterrupt
        return brightness(batch)

    model = VideoModel(interrupted, MODEL.input, MODEL.labels, MODEL.name)
    monkeypatch.setattr(common, "load_once", lambda handle, reject: model)
    arguments = [str(tmp_path / part) if part.endswith(".csv") else part for part in arguments]
    monkeypatch.setattr(sys, "argv", ["helpers", *arguments])
    assert main() == 130
    out, errors = capsys.readouterr()
    assert errors.endswith("python -m helpers: interrupted\n")
    assert "predict_timeline" not in out and len(calls) == 3
    assert not (tmp_path / "timeline.csv").exists()


def test_a_closed_pipe_is_not_the_fault_of_a_clip(command, monkeypatch):
    def closed(*texts, file=None, **options):
        if file is not sys.stderr:
            raise BrokenPipeError(32, "Broken pipe")
        builtins.print(*texts, file=file, **options)

    monkeypatch.setattr(predict_command, "print", closed, raising=False)
    with pytest.raises(BrokenPipeError):
        command(predict_command, CARTWHEEL)


@pytest.mark.parametrize(
    "error, line",
    [
        (PermissionError(13, "Permission denied", "flow.npz"), "Permission denied: flow.npz"),
        (FileNotFoundError("samples/x is missing."), "clip.avi: samples/x is missing."),
        (OSError(5, "Input/output error"), "clip.avi: Input/output error"),
    ],
)
def test_an_error_names_the_file_that_it_is_about(error, line, capsys):
    common.report("clip.avi", error)
    assert capsys.readouterr().err == f"python -m helpers: {line}\n"


def test_an_address_that_cannot_be_reached_does_not_end_the_run(predict, tmp_path, monkeypatch):
    monkeypatch.setenv("I3D_CACHE", str(tmp_path))
    status, out, errors = predict("http://127.0.0.1:9/clip.mp4", CARTWHEEL)
    assert status == 2
    assert "v_Cartwheel_g01_c01.avi: 64 frames" in out
    assert "127.0.0.1" in errors


def test_which_files_of_a_folder_are_videos_does_not_depend_on_the_computer(tmp_path, monkeypatch):
    monkeypatch.setattr(mimetypes, "guess_type", lambda *passed, **options: (None, None))
    for name in ("a.MP4", "b.mkv", "c.webm", "d.txt", "e.gif", "f"):
        (tmp_path / name).touch()
    assert [path.name for path in common.find_clips(str(tmp_path))] == ["a.MP4", "b.mkv", "c.webm"]


def test_a_taught_model_in_one_file_is_not_told_what_kinetics_lacks(predict, monkeypatch):
    walk = "samples/v_Walk_g01_c01.avi"
    assert "not among those of the model" in predict(walk, "--model", "movinet-a0")[1]
    assert "not among those of the model" not in predict(walk, "--model", "my_actions.tflite")[1]


def test_a_video_that_is_too_long_names_the_options_of_the_command(predict, monkeypatch):
    taught = VideoModel(brightness, MODEL.input, MODEL.labels, MODEL.name)
    taught.is_learned = True
    monkeypatch.setattr(common, "load_once", lambda handle, reject: taught)
    monkeypatch.setattr(reading, "LARGEST_CLIP", 1000)
    errors = predict(CARTWHEEL)[2]
    assert "--max-frames in a terminal" in errors and "timeline in a terminal" in errors


def test_a_table_of_no_video_is_one_error(predict, tmp_path):
    status, out, errors = predict("docs", "--csv", tmp_path / "timeline.csv")
    assert (status, out) == (2, "")
    assert errors.count("\n") == 1 and "is a folder without videos" in errors


def test_the_window_of_a_timeline_can_be_chosen(timeline, monkeypatch):
    found = []
    monkeypatch.setattr(segments, "predict_timeline", lambda *passed: found.append(passed[-1]) or exit(3))
    with pytest.raises(SystemExit):
        timeline(CARTWHEEL, "--window", "128")
    assert found == [128]


def test_a_bad_video_does_not_end_a_run_of_timelines(timeline, tmp_path):
    (tmp_path / "notes.txt").write_text("not a video")
    status, out, errors = timeline(tmp_path / "notes.txt", "nowhere.avi", CARTWHEEL)
    assert status == 2
    assert "v_Cartwheel_g01_c01.avi\n    0:00–0:0" in out
    assert "notes.txt is not a video" in errors and "nowhere.avi" in errors


def test_a_table_in_a_missing_folder_fails_before_a_model_is_loaded(timeline, tmp_path):
    with pytest.raises(ValueError, match="there is no folder .*none. Make it first"):
        timeline(CARTWHEEL, "--csv", tmp_path / "none" / "timeline.csv")


@pytest.mark.parametrize("command", ["predict", "timeline"])
def test_one_table_is_not_for_two_videos(command):
    finished = run("-m", "helpers", command, CARTWHEEL, CARTWHEEL, "--csv", "timeline.csv")
    assert finished.returncode == 2
    assert "--csv saves the timeline of one video, not of 2" in finished.stderr


def test_the_check_prints_one_line_for_each_requirement():
    finished = run("-m", "tools.setup.check")
    assert finished.returncode == 0
    assert [line[:6] for line in finished.stdout.splitlines()] == ["[ OK ]"] * 5


def test_a_failed_check_prints_what_was_found_and_expected_and_what_to_run():
    finished = run("-S", "-m", "tools.setup.check")  # -S: without the installed packages
    assert finished.returncode == 1
    last = finished.stdout.splitlines()[-1]
    assert last.startswith("[FAIL] found no tensorflow, ")
    assert last.endswith("; expected the packages of requirements.txt. Run: python -m pip install -r requirements.txt")
