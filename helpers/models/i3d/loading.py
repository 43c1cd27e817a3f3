"""Load I3D from the published weights, from TF Hub, or from the folder of a SavedModel."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...basics import download
from ...basics.cache import expanded
from ...basics.messages import DownloadError, ModelError
from ...basics.processor import supported_precision
from ...basics.quiet import tf
from ...video.preprocessing import I3D_SIZE
from ..kinetics import kinetics_labels
from ..learned.card import CARD, saved_labels, verify
from ..learned.classifier import with_rejection
from ..learned.rejection import Reject
from ..video_model import FLOW_INPUT, I3D_INPUT, ModelInput, VideoModel
from . import authors
from .keras_weights import load_keras_i3d as load_keras_i3d  # notebooks import it from here
from .saved_model import model_name, saved_model
from .tfhub import load_module, socket_timeout
from .two_stream import TwoStreamModel

ADVICE = (
    "This has been common since the model left tfhub.dev; load_i3d() without an address builds the same model from the published "
    "weights."
)
# Part of the fingerprint, under which features and timelines are cached. bfloat16's changed with its first layer.
VERSIONS = {"float32": "float32", "bfloat16": "bfloat16-2"}


def load_i3d(handle: str | Path | None = None, precision: str = "float32", weights: str = authors.DEFAULT) -> VideoModel:
    """Load I3D trained on Kinetics-400, or another of its authors' five networks.

    Parameters
    ----------
    handle : str or Path, optional
        A TF Hub or Kaggle URL, or the folder of a SavedModel. The original is `https://tfhub.dev/deepmind/i3d-kinetics-400/1`.
        By default, the same network is built from published weights on first use, and then loaded from the cache.
    precision : str
        "float32" or "bfloat16". bfloat16 is faster and less exact; it needs a processor with AVX512_BF16 or AMX. On other
        processors, float32 is used, with a warning. Must be "float32" if `handle` is given.
    weights : str
        "rgb_scratch", or "rgb_imagenet", "flow_imagenet", "flow_scratch" or "rgb_scratch_kin600" (Kinetics-600), which are
        downloaded from the authors' repository (51 MB, or 103 MB for Kinetics-600); or "two_stream_imagenet" or
        "two_stream_scratch", which are a network for RGB and one for flow. Must be left out if `handle` is given.

    Returns
    -------
    VideoModel
        Maps frames, float32 `[N, T, 224, 224, 3]` in [-1, 1], `T` at least 9, to `{"default": logits}`, float32 `[N, 400]`:
        the signature `default` of the module, which is the attribute `module`. If `handle` is None, the attribute
        `fingerprint` identifies the weights and the precision. A flow network accepts optical flow, `[N, T, 224, 224, 2]`:
        horizontal and vertical, of frames at 25 per second, truncated to 20 pixels and divided by 20: the model's `read_video`
        computes it, as `read_flow` does. A two-stream model needs both, which its `read_video` returns, and adds the logits of
        its networks. The network for Kinetics-600 has 600 logits.

    Raises
    ------
    ModelError
        If no model can be loaded from the handle, or if its inputs or outputs differ from I3D's.
    ValueError
        If `precision` or `weights` is unknown, or is given although `handle` is, too.
    DownloadError
        If the weights cannot be downloaded.

    Notes
    -----
    The default weights are bit for bit the authors' `rgb_scratch`, trained on Kinetics-400 alone: 68.4% top-1 and 88.0% top-5
    on its test set. `rgb_imagenet`, trained on ImageNet first, has 71.1 and 89.3%; `flow_imagenet` 63.4 and 84.9%;
    `flow_scratch` 61.5 and 83.4%; `two_stream_imagenet` 74.2 and 91.3%; `two_stream_scratch` 71.6 and 90.0% (the authors'
    README, https://github.com/google-deepmind/kinetics-i3d).
    """
    if precision not in VERSIONS:
        raise ValueError(f"precision must be 'float32' or 'bfloat16', not {precision!r}.")
    if weights not in authors.GIT_BLOBS and weights not in authors.TWO_STREAMS:
        raise ValueError(f"weights must be one of {', '.join([*authors.GIT_BLOBS, *authors.TWO_STREAMS])}, not {weights!r}.")
    if handle is None:
        return _load_published(supported_precision(precision), weights)
    if weights != authors.DEFAULT:
        raise ValueError(f"{handle} has weights of its own: leave weights out.")
    if precision != "float32":
        raise ValueError(f"{handle} has the precision that it was saved with: leave precision out.")
    return load_saved_model(handle, i3d_from, ADVICE)


def _load_published(precision: str, weights: str) -> VideoModel:
    if weights in authors.TWO_STREAMS:
        rgb, flow = authors.TWO_STREAMS[weights]
        return TwoStreamModel(_load_published(precision, rgb), _load_published(precision, flow), f"I3D {weights}")
    folder = str(saved_model(precision, weights))
    model = i3d_from(folder, load_module(folder), FLOW_INPUT if authors.channels(weights) == 2 else I3D_INPUT)
    model.fingerprint = f"{model_name(weights)}-{VERSIONS[precision]}"
    if weights != authors.DEFAULT:
        model.name, model.labels = f"I3D {weights}", kinetics_labels(authors.classes(weights))
    return model


def load_saved_model(
    handle: str | Path, convert: Callable[[str, Any], VideoModel], advice: str, reject: Reject = "model"
) -> VideoModel:
    """Load a SavedModel from a TF Hub or Kaggle URL, or from a folder; raise ModelError if that fails.

    `convert` maps the handle and the module to a VideoModel, or raises ModelError. `advice` ends the message for a URL.
    `reject` is as in `load_model`, for a folder.
    """
    if "://" not in str(handle):
        return _load_from_folder(expanded(handle), convert, reject)
    return _load_from_address(str(handle), convert, advice)


def _load_from_folder(folder: Path, convert: Callable, reject: Reject) -> VideoModel:
    if not folder.is_dir():
        raise ModelError(
            f"{folder} is not a folder. Is its name misspelled? Pass the folder of a SavedModel or a TF Hub address."
        )
    is_learned = (folder / CARD).is_file()
    if is_learned:
        verify(folder)
    try:
        model = convert(str(folder), load_module(str(folder)))
        model.is_learned = is_learned
    except (DownloadError, ModelError):
        raise
    except Exception as error:
        raise ModelError(f"{folder} does not contain a SavedModel that can be loaded: {type(error).__name__}: {error}") from None
    return with_rejection(model, folder, reject) if is_learned else model


def _load_from_address(address: str, convert: Callable, advice: str) -> VideoModel:
    if urlsplit(address).username is not None:
        raise ModelError(
            f"{address} contains a user name or a password, which TensorFlow Hub cannot send. Download the model, extract it, "
            "and load it from its folder."
        )
    try:
        with socket_timeout(download.TIMEOUT):
            return convert(address, load_module(address))
    except (DownloadError, ModelError):
        raise
    except Exception as error:  # `from None`, because the cause contains the query of the address
        problem = str(error).rstrip(".")
        raise ModelError(f"No model could be loaded from {address}: {type(error).__name__}: {problem}. {advice}") from None


def i3d_from(handle: str, module: Any, input: ModelInput = I3D_INPUT) -> VideoModel:
    """Return a module's signature `default` as a model; raise ModelError unless it exists and has I3D's inputs and outputs.

    The labels are those that a learned model contains, or those of Kinetics-400 if there are 400 outputs.
    """
    if "default" not in module.signatures:
        raise ModelError(
            f"{handle} has the signatures {sorted(module.signatures)}, but needs one called default, "
            "as in I3D's modules on TF Hub."
        )
    signature = module.signatures["default"]
    _require_shapes(handle, signature, input.channels)
    labels = saved_labels(module)
    if labels is None and signature.structured_outputs["default"].shape[-1] in (None, 400):
        labels = kinetics_labels()
    model = VideoModel(lambda batch: signature(tf.convert_to_tensor(batch)), input, labels, "I3D")
    model.module = module  # keeps the variables alive; the signature alone does not
    return model


def _require_shapes(handle: str, signature: Any, channels: int) -> None:
    """Raise ModelError if the inputs or outputs of a signature differ from I3D's."""
    inputs, outputs = list(signature.structured_input_signature[1].values()), signature.structured_outputs
    if (
        [spec.dtype for spec in inputs] != ["float32"]
        or not inputs[0].shape.is_compatible_with([None, None, I3D_SIZE, I3D_SIZE, channels])
        or "default" not in outputs
        or not outputs["default"].shape.is_compatible_with([None, None])
    ):
        shapes = [" ".join(f"{spec.dtype.name} {spec.shape}" for spec in specs) for specs in (inputs, outputs.values())]
        raise ModelError(
            f"{handle} accepts {shapes[0]} and returns {shapes[1]}, but must accept frames, "
            f"float32 (N, T, {I3D_SIZE}, {I3D_SIZE}, {channels}), and return logits called default, (N, classes)."
        )
