"""Compare I3D in bfloat16 with I3D in float32: time, and predictions."""

import numpy as np

from benchmarks.measuring import in_turn, row
from helpers import kinetics_labels, load_i3d, load_keras_i3d, predict, read_video
from helpers.basics.processor import has_bfloat16, processor_flags
from helpers.basics.quiet import keras, tf
from helpers.models.i3d.faster import FIRST, fold_batch_norm
from helpers.video.preprocessing import to_batch

LABELS = kinetics_labels()


def rows_of_bfloat16(clip, clips, rounds):
    if not has_bfloat16():
        yield "bfloat16 was not measured: this processor would emulate it."
        return
    batch = tf.constant(to_batch(read_video(clip, 64)))
    exact, rounded = load_i3d(), load_i3d(precision="bfloat16")
    times = in_turn(rounds, exact=lambda: exact(batch)["default"].numpy(), rounded=lambda: rounded(batch)["default"].numpy())
    limits = (0.42, 0.6) if "amx_bf16" in processor_flags() else (0.65, 0.85)
    yield row("I3D, 64 frames, bfloat16, vs. float32", times["rounded"], times["exact"], limits[0])
    first_exact, first_rounded = first_convolution("float32"), first_convolution("bfloat16")
    times = in_turn(rounds, exact=lambda: first_exact(batch), rounded=lambda: first_rounded(batch))
    yield row("its first convolution alone, vs. float32", times["rounded"], times["exact"], limits[1], digits=3)
    yield agreement(exact, rounded, clips)


def first_convolution(precision):
    """Return the first convolution with its ReLU as a function, which returns what the next layers in bfloat16 need."""
    model = fold_batch_norm(load_keras_i3d(), precision)
    layer = keras.Model(model.input, model.get_layer(FIRST).output)
    return tf.function(lambda frames: tf.cast(layer(frames, training=False), tf.bfloat16))


def agreement(exact, rounded, clips):
    """Compare the predictions of both precisions on all clips; return a sentence."""
    same, worst, nearest = 0, 0.0, 0.0
    for clip in clips:
        frames = read_video(clip, 128)
        a, b = (predict(model, LABELS, frames).probabilities for model in (exact, rounded))
        fifth, sixth = np.sort(a)[[-5, -6]]
        if set(np.argsort(-a)[:5]) == set(np.argsort(-b)[:5]):
            same += 1
        else:
            nearest = max(nearest, float(fifth - sixth))
        worst = max(worst, float(np.abs(a - b).max()))
    line = (
        f"bfloat16 and float32 have the same top 5 on {same} of {len(clips)} clips; probabilities differ by at most {worst:.3f}."
    )
    if same < len(clips):
        line += f" Where the top 5 differ, float32's fifth and sixth are at most {nearest:.1g} apart."
    print(line, flush=True)
    return line
