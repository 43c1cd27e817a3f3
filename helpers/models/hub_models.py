"""MoViNet's and the Tiny Video Networks' SavedModels, with the interface of all models.

Their signatures are those of their pages on TF Hub. The sizes, frame counts and frame strides are those of the authors' code
(Model Garden, official/projects/movinet; google-research, tiny_video_nets/found_tvns.py).
"""

import re
from pathlib import Path
from typing import Any

import numpy as np

from ..basics.messages import ModelError
from ..basics.quiet import tf
from .i3d.loading import i3d_from
from .kinetics import kinetics_labels
from .movinet.loading import MOVINET_FPS, MOVINET_SIZES, movinet_input
from .video_model import ModelInput, VideoModel

# Frames, pixels, and the stride between frames. No page states a rate: the strides are assumed to be at 25 frames per second.
TINY_VIDEO_NETS = {"tvn1": (2, 224, 4), "tvn2": (2, 256, 7), "tvn3": (8, 160, 2), "mobile_1": (2, 224, 1)}


def convert(handle: str, module: Any, input: ModelInput | None) -> VideoModel:
    """Wrap what TensorFlow Hub loaded as a VideoModel; without `input`, what it needs is looked up by the name in `handle`.

    Raises ModelError if its signatures are of no known kind, or if the size of its frames is not known.
    """
    signatures = module.signatures
    if {"init_states", "call"} <= set(signatures):
        model = _movinet_stream(handle, signatures["call"], signatures["init_states"], input)
    elif "serving_default" in signatures and "classifier_head" in signatures["serving_default"].structured_outputs:
        model = _movinet_base(handle, signatures["serving_default"], input)
    elif "default" in signatures and len(next(iter(_inputs_of(signatures["default"]).values())).shape) == 4:
        model = _tiny_video_net(handle, signatures["default"], input)
    elif "default" in signatures:
        model = i3d_from(handle, module)
    else:
        raise ModelError(
            f"{handle} has the signatures {sorted(signatures)}, but needs default (I3D, Tiny Video Networks), serving_default "
            "with the output classifier_head (MoViNet base), or call and init_states (MoViNet stream)."
        )
    model.module = module  # keeps the variables alive; a signature alone does not
    return model


def _inputs_of(signature):
    return signature.structured_input_signature[1]


def _movinet_base(handle, signature, input):
    def predict_clips(batch):
        return {"default": signature(image=tf.constant(batch, tf.float32))["classifier_head"]}

    labels = _labels_for(signature.structured_outputs["classifier_head"])
    return VideoModel(predict_clips, _movinet_needs(handle, signature, input), labels, f"MoViNet base ({_name_in(handle)})")


def _movinet_stream(handle, call, init_states, input):
    """Wrap a stream: its states come from `init_states`, and go in and out of `call` beside the frames."""

    def predict_clips(batch):
        return {"default": run(batch, first_states(batch))[0]}

    def first_states(batch):
        return init_states(tf.constant(batch.shape, tf.int32))

    def run(batch, states):
        outputs = dict(call(image=tf.constant(batch, tf.float32), **states))
        return outputs.pop("logits"), outputs

    def begin():
        states = None

        def advance(frame):
            nonlocal states
            logits, states = run(frame, first_states(frame) if states is None else states)
            return logits.numpy()[0]

        return advance

    labels = _labels_for(call.structured_outputs["logits"])
    return VideoModel(predict_clips, _movinet_needs(handle, call, input), labels, f"MoViNet stream ({_name_in(handle)})", begin)


def _movinet_needs(handle, signature, input):
    size, fps = MOVINET_SIZES.get(_name_in(handle), (_inputs_of(signature)["image"].shape[2], MOVINET_FPS))
    if input is None and size is None:
        raise ModelError(
            f"{handle} accepts frames of any size. Pass the size that it was trained on: load_model(handle, "
            "input=movinet_input(172)), with movinet_input from helpers.models.movinet.loading."
        )
    return input or movinet_input(size, fps)


def _tiny_video_net(handle, signature, input):
    """Wrap a Tiny Video Network, which takes the frames of all clips along its first axis, `[N * frames, S, S, 3]`.

    A longer clip is cut into clips of that many frames, whose logits are averaged.
    """
    if input is None:
        found = re.search("|".join(TINY_VIDEO_NETS), _own_name(handle))
        if not found:
            raise ModelError(
                f"{handle} accepts single frames, like Tiny Video Networks, but its name is not one of {list(TINY_VIDEO_NETS)}. "
                "Pass what it was trained on: load_model(handle, input=ModelInput(…)), with its frames per clip as min_frames."
            )
        frames, size, stride = TINY_VIDEO_NETS[found[0]]
        input = ModelInput(size, (0.0, 1.0), crop_fraction=1.0, fps=25 / stride, min_frames=frames)
    name, frames = next(iter(_inputs_of(signature))), input.min_frames
    output = "default" if "default" in signature.structured_outputs else next(iter(signature.structured_outputs))

    def predict_clips(batch):
        batch = np.asarray(batch, np.float32)
        count, length = batch.shape[0], batch.shape[1] // frames * frames
        if not length:
            raise ValueError(f"the clips have {batch.shape[1]} frames, but {handle} needs at least {frames}. Use longer clips.")
        flat = batch[:, :length].reshape(-1, *batch.shape[2:])
        logits = signature(**{name: tf.constant(flat)})[output]
        return {"default": tf.reduce_mean(tf.reshape(logits, [count, -1, logits.shape[-1]]), axis=1)}

    return VideoModel(predict_clips, input, None, f"Tiny Video Network ({input.min_frames} frames)")


def _name_in(handle):
    """Return "a0" to "a5" if it is part of an address or of a folder's name, else ""."""
    found = re.search(r"(?<![a-z0-9])a[0-5](?![a-z0-9])", _own_name(handle).lower())
    return found[0] if found else ""


def _own_name(handle):
    """Return an address, or the name of a folder without the folders around it."""
    return handle if "://" in handle else Path(handle).name


def _labels_for(output):
    return kinetics_labels(600) if output.shape[-1] == 600 else None
