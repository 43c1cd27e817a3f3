"""Measure speed and memory against baselines, and write benchmarks/RESULTS.md.

Run from the top folder: make bench. Each row compares two medians, whose measurements alternate in the same run.
"""

import argparse
import os
import platform
import re
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from benchmarks import older_tutorials
from benchmarks.bfloat16 import rows_of_bfloat16
from benchmarks.live import rows_of_live
from benchmarks.measuring import TOP, in_new_process, in_turn, peak_memory, row, write_video
from benchmarks.optical_flow import rows_of_flow
from benchmarks.over_time import rows_of_over_time
from benchmarks.scale import rows_of_learned, rows_of_scale
from helpers import kinetics_labels, load_i3d, load_movinet, predict, predict_timeline, read_video, samples, to_gif
from helpers.basics.messages import DownloadError
from helpers.basics.processor import has_bfloat16, processor_flags
from helpers.basics.quiet import tf
from helpers.basics.statistics import interval
from helpers.models.movinet.files import movinet_path
from helpers.predictions.long_videos import dense_signature
from helpers.video.preprocessing import to_batch
from helpers.video.reading import iterate_frames

LABELS = kinetics_labels()
GROUPS = [
    "reading",
    "statistics",
    "gif",
    "i3d",
    "bfloat16",
    "timeline",
    "long videos",
    "over time",
    "optical flow",
    "first prediction",
    "movinet",
    "live",
    "scale",
    "learned",
]


def rows_of_reading(clip, rounds):
    ours, older = read_video(clip, 80), older_tutorials.read_video(clip, 80)
    times = in_turn(rounds, ours=lambda: read_video(clip, 80), older=lambda: older_tutorials.read_video(clip, 80))
    yield row(f"read {len(ours)} frames: time, vs. older tutorials", times["ours"], times["older"], 0.45)
    yield row("the same: memory", ours.nbytes / 1e6, older.nbytes / 1e6, 0.125, "MB", 1)
    with tempfile.TemporaryDirectory() as folder:
        large = write_video(Path(folder) / "large.mp4", 250, (1280, 720))
        times = in_turn(rounds, pyav=lambda: frames_in(iterate_frames(large)), opencv=lambda: frames_in(opencv_frames(large)))
        yield row("decode 10 s of 1280 x 720 H.264, vs. OpenCV", times["pyav"], times["opencv"], 1.1)
        long = write_video(Path(folder) / "long.mp4", 4 * 60 * 25, (320, 240))
        peak, size = map(float, in_new_process(__file__, "--read", long, PYTHONPATH=str(TOP)).split()[-2:])
    yield row("read 4 minutes: peak memory, vs. the size of the result", peak, size, 1.2, "MB")


def opencv_frames(path):
    """Yield the frames of a video as RGB, as this tutorial read them before PyAV."""
    capture = cv2.VideoCapture(str(path))
    while (decoded := capture.read())[0]:
        yield cv2.cvtColor(decoded[1], cv2.COLOR_BGR2RGB)


def frames_in(frames):
    return sum(1 for _ in frames)


def read_and_print_peak(video):
    """Print how much memory reading a video takes, and the size of the result, in MB."""
    before = peak_memory()
    frames = read_video(video)
    print(peak_memory() - before, frames.nbytes / 1e6)


def rows_of_statistics():
    rng = np.random.default_rng(0)
    values, groups = rng.random(13_320), [str(i) for i in range(13_320)]
    before, start = peak_memory(), time.perf_counter()
    interval(values, groups)
    seconds, extra = time.perf_counter() - start, peak_memory() - before
    yield f"Interval over 13,320 groups: {seconds:.1f} s (at most 5), {extra:+.0f} MB (at most +300)."


def rows_of_gif(clip, rounds):
    frames, floats = read_video(clip, 80), older_tutorials.read_video(clip, 80)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "older.gif"
        times = in_turn(rounds, ours=lambda: to_gif(frames), older=lambda: older_tutorials.to_gif(floats, path))
        older_size = path.stat().st_size / 1e6
    yield row(f"GIF of {len(frames)} frames: time, vs. older tutorials", times["ours"], times["older"], 0.15)
    yield row("the same: bytes", len(to_gif(frames).data) / 1e6, older_size, 0.75, "MB")
    yield row("what notebooks embed (half the frames): bytes", len(to_gif(frames[::2], 12.5).data) / 1e6, older_size, 0.35, "MB")


def rows_of_i3d(clip, plain_folder, rounds):
    import openvino

    batch = tf.constant(to_batch(read_video(clip, 64)))
    plain = load_i3d(plain_folder)
    models = {"plain": plain, "float32": load_i3d()}
    if has_bfloat16():
        models["bfloat16"] = load_i3d(precision="bfloat16")
    functions = {name: (lambda model=model: model(batch)["default"].numpy()) for name, model in models.items()}
    core, converted = openvino.Core(), openvino.convert_model(models["float32"].module.signatures["default"])
    converted.reshape(batch.shape.as_list())
    for name, precision in {"float32": "f32", "bfloat16": "bf16"}.items():
        if name not in models:
            continue
        compiled = core.compile_model(converted, "CPU", {"INFERENCE_PRECISION_HINT": precision})
        functions[f"OpenVINO {name}"] = lambda compiled=compiled: compiled(batch.numpy())
    times = in_turn(rounds, **functions)
    for name, limit in (("float32", 1.0), ("bfloat16", 0.6)):
        if name in models:
            yield row(f"I3D, 64 frames, {name}, vs. the unoptimized module", times[name], times["plain"], limit)
            yield row(f"the same, vs. OpenVINO {name}", times[name], times[f"OpenVINO {name}"], 1.05)


def joined(clips, frames_each, count):
    """Join the first frames of clips into one video; return its frames and the indices of the cuts."""
    parts = [read_video(clip, frames_each) for clip in clips]
    parts = [part for part in parts if len(part) == frames_each]
    frames = np.concatenate([parts[i % len(parts)] for i in range(count // frames_each)])
    return frames, np.arange(frames_each, len(frames), frames_each)


def rows_of_timeline(clips, frames_each, rounds):
    model = load_i3d()
    frames, cuts = joined(clips, frames_each, 1024)
    batch = tf.constant(to_batch(frames))
    times = in_turn(
        rounds, timeline=lambda: predict_timeline(model, LABELS, frames), one_pass=lambda: model(batch)["default"].numpy()
    )
    yield row(f"timeline of {len(frames)} frames, vs. a single pass", times["timeline"], times["one_pass"], 1.4)
    start = time.perf_counter()
    windows = dense_signature(lambda clip: model(clip))(batch)["default"][0]
    yield row("the same, vs. 64-frame windows every 8 frames", times["timeline"], time.perf_counter() - start, 0.2)
    yield agreement_with_windows(predict_timeline(model, LABELS, frames), windows, cuts)


def agreement_with_windows(timeline, windows, cuts):
    """Compare top-1 predictions away from cuts; return a sentence."""
    middles = (np.arange(len(windows)) + 1) * 8
    borders = np.concatenate([[0], cuts, [middles[-1] + 8]])
    clear = np.abs(middles[:, np.newaxis] - borders).min(axis=1) >= 32
    same = timeline.probabilities.argmax(axis=1)[clear] == windows.argmax(axis=1)[clear]
    line = (
        f"Timeline and windows have the same top-1 in {same.mean():.1%} of {len(same)} predictions at least 32 frames from a cut."
    )
    print(line, flush=True)
    return line


def rows_of_long_videos():
    with tempfile.TemporaryDirectory() as folder:
        peaks = {}
        for minutes in (1, 10):
            path = write_video(Path(folder) / f"{minutes}.mp4", minutes * 60 * 25, (320, 240))
            start = time.perf_counter()
            peaks[minutes] = float(in_new_process(__file__, "--peak-of", path, PYTHONPATH=str(TOP)).split()[-1])
            seconds = time.perf_counter() - start
            if minutes == 1:
                yield row("end to end, 1 minute of 320 x 240 video, float32, vs. its duration", seconds, 60, 1.0, digits=1)
        extra = peaks[10] - peaks[1]
        line = f"Peak memory: {peaks[1]:.0f} MB for 1 minute of video, {peaks[10]:.0f} MB for 10: {extra:+.0f} MB (at most +300)."
        print(line, flush=True)
        yield line


def rows_of_first_prediction(plain_folder, clip, rounds):
    # ONEDNN_MAX_CPU_ISA does not change how TensorFlow chooses oneDNN: on a real AVX2 processor, TensorFlow leaves it off.
    older = {"TF_ENABLE_ONEDNN_OPTS": "0"} if "ONEDNN_MAX_CPU_ISA" in os.environ else {}
    times = in_turn(
        rounds,
        ours=lambda: in_new_process(TOP / "benchmarks" / "first_prediction.py", clip, PYTHONPATH=str(TOP)),
        older=lambda: in_new_process(older_tutorials.__file__, plain_folder, clip, **older),
    )
    yield row("first prediction in a new kernel, vs. older tutorials", times["ours"], times["older"], 0.8)


def rows_of_movinet(clip, rounds):
    try:
        model = load_movinet("a0")
    except DownloadError as error:
        yield f"MoViNet was not measured: {error}"
        return
    frames = model.read_video(clip, 13)  # 2.56 s at 5 frames per second
    batch, i3d = to_batch(frames, (0, 1), 172, 1), load_i3d()
    times = in_turn(10 * rounds, stream=lambda: frame_by_frame(model, frames), bare=bare_interpreter(batch))
    count = len(frames)
    yield row(
        "MoViNet-A0, one frame, one thread, beside the bare LiteRT interpreter",
        1e3 * times["stream"] / count,
        1e3 * times["bare"] / count,
        1.15,
        "ms",
    )
    times = in_turn(10 * rounds, stream=lambda: frame_by_frame(model, frames), whole=lambda: model(batch))
    yield row("the same, frame by frame, beside the whole clip in one call", times["stream"], times["whole"], 1.3, digits=3)
    difference = np.abs(frame_by_frame(model, frames) - model(batch)["default"][0]).max()
    yield f"MoViNet-A0's logits frame by frame and for the whole clip differ by at most {difference:.1g}."
    times = in_turn(
        rounds,
        movinet=lambda: predict(model, model.labels, model.read_video(clip, 13)),
        i3d=lambda: predict(i3d, LABELS, read_video(clip, 64)),
    )
    yield row("MoViNet-A0 on 2.56 s of video, reading included, beside I3D", times["movinet"], times["i3d"], 0.06, digits=3)


def frame_by_frame(model, frames):
    with model.start() as stream:
        for frame in frames:
            logits = stream.step(frame)
    return logits


def bare_interpreter(batch):
    """Return what MoViNet's page on TF Hub does with the frames of a clip: the states go in and out of every call."""
    interpreter = Interpreter(str(movinet_path("a0")), num_threads=1)
    runner = interpreter.get_signature_runner()
    inputs = runner.get_input_details()

    def run():
        states = {name: np.zeros(state["shape"], state["dtype"]) for name, state in inputs.items() if name != "image"}
        for frame in batch[0]:
            states = runner(image=frame[np.newaxis, np.newaxis], **states)
            states.pop("logits")

    return run


def peak_of(video):
    predict_timeline(load_i3d(), LABELS, video)
    print(peak_memory())


def processor():
    """Return the name of the processor, and the limit on its instructions, if there is one."""
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            name = line.split(":")[1].strip()
            break
    else:
        name = platform.processor() or "unknown"
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA")
    return f"{name}, {instructions()}" + (f", ONEDNN_MAX_CPU_ISA={limit}" if limit else "")


def instructions():
    """Return the name of the widest instruction set of the processor."""
    flags = processor_flags()
    return next(
        (name for name, flag in {"AMX": "amx_tile", "AVX-512": "avx512f", "AVX2": "avx2"}.items() if flag in flags),
        platform.machine(),
    )


def section(lines):
    """Format the measurements on this processor as a section of RESULTS.md."""
    rows = [line for line in lines if line.startswith("|")]
    sentences = [line for line in lines if not line.startswith("|")]
    text = [
        f"## {processor()}",
        "",
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, Python {platform.python_version()}, TensorFlow {tf.__version__}.",
        "",
        "| row | this tutorial | baseline | ratio | limit | within limit |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows,
        "",
        *sentences,
    ]
    return "\n".join(text) + "\n"


def report(lines, path=Path(__file__).parent / "RESULTS.md"):
    """Write these rows to this processor's section of RESULTS.md. Other rows and sections stay."""
    head, *sections = re.split(r"^(?=## )", path.read_text(encoding="utf-8"), flags=re.M)
    older = next((text for text in sections if text.startswith(f"## {processor()}\n")), "")
    others = [text.rstrip() + "\n" for text in sections if text is not older]
    rows = {title(line): line for line in older.splitlines() if re.match(r"\| (?!row |---)|- ", line)}
    rows |= {title(line): line for line in (line if line.startswith("|") else f"- {line}" for line in lines)}
    path.write_text("\n".join([head.rstrip() + "\n", *others, section(rows.values())]), encoding="utf-8")


def title(line):
    """Return the key of a line: the first cell of a row, or the first words of a sentence without its numbers."""
    return line.split("|")[1].strip() if line.startswith("|") else " ".join(re.sub(r"[\d.,]+", "", line).split()[:4])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measurements per median (default: %(default)s)")
    parser.add_argument("--only", choices=GROUPS, help="measure only these rows (default: all)")
    parser.add_argument("--peak-of", help=argparse.SUPPRESS)
    parser.add_argument("--read", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak_of:
        return peak_of(options.peak_of)
    if options.read:
        return read_and_print_peak(options.read)
    return report(measure(options.rounds, options.only))


def measure(rounds, only=None):
    """Return the lines of all groups, or of one group."""
    if only in (None, "long videos", "over time"):
        peak_memory()  # if this system does not report it, fail now and not after minutes
    real = sorted(Path(os.environ["REAL_CLIPS"]).glob("*.[am][vp][i4]")) if os.environ.get("REAL_CLIPS") else []
    clips = [samples[name] for name in samples.videos] + real
    clip = next((path for path in real if path.name == "v_CricketShot_g04_c01.avi"), clips[0])
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain"
        older_tutorials.plain_module(plain)
        groups = {
            "reading": lambda: rows_of_reading(clip, rounds),
            "statistics": rows_of_statistics,
            "gif": lambda: rows_of_gif(clip, rounds),
            "i3d": lambda: rows_of_i3d(clip, plain, rounds),
            "bfloat16": lambda: rows_of_bfloat16(clip, clips, rounds),
            "timeline": lambda: rows_of_timeline(real or clips, 128 if real else 64, max(1, rounds // 2)),
            "long videos": rows_of_long_videos,
            "over time": lambda: rows_of_over_time(max(1, rounds // 2)),
            "optical flow": rows_of_flow,
            "first prediction": lambda: rows_of_first_prediction(plain, clip, rounds),
            "movinet": lambda: rows_of_movinet(clip, rounds),
            "live": rows_of_live,
            "scale": rows_of_scale,
            "learned": lambda: rows_of_learned(clip, rounds),
        }
        return [line for name in GROUPS if only in (None, name) for line in groups[name]()]


if __name__ == "__main__":
    main()
