"""Load I3D from the published weights, from TF Hub, or from the folder of a SavedModel."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from .kinetics import kinetics_labels
from .model_input import I3D_INPUT
from .plumbing import download
from .plumbing.messages import ModelError
from .plumbing.processor import supported_precision
from .plumbing.quiet import keras, tensorflow_hub, tf
from .plumbing.saved_model import NAME, build_with_weights, saved_model
from .plumbing.tfhub import fetch_module, socket_timeout
from .preprocessing import I3D_SIZE
from .video_model import VideoModel

ADVICE = (
    "This has been common since the model left tfhub.dev; load_i3d() without an address builds the same model from the published "
    "weights."
)


def load_i3d(handle: str | Path | None = None, precision: str = "float32") -> VideoModel:
    """Load I3D trained on Kinetics-400.

    Parameters
    ----------
    handle : str or Path, optional
        A TF Hub or Kaggle address, or the folder of a SavedModel. The original is
        `https://tfhub.dev/deepmind/i3d-kinetics-400/1`. By default, the same module is built from the published weights the
        first time, and loaded from the cache after that.
    precision : str
        "float32", or "bfloat16", which is faster and less exact, on processors with AVX512_BF16 or AMX; on others, float32 is
        used, with a warning. Only without a handle.

    Returns
    -------
    VideoModel
        From float32 `[N, T, 224, 224, 3]` in [-1, 1], `T` at least 9, to `{"default": logits}`, float32 `[N, 400]`: the
        signature `default` of the module. Without a handle it has a `fingerprint`, a str that names the weights and the
        precision.

    Raises
    ------
    ModelError
        If the handle does not lead to a model, or leads to a model with other inputs and outputs.
    ValueError
        If the precision is unknown, or given together with a handle.
    DownloadError
        If the published weights cannot be downloaded.
    """
    if precision not in ("float32", "bfloat16"):
        raise ValueError(f"precision is {precision!r}: needed 'float32' or 'bfloat16'.")
    if handle is None:
        precision = supported_precision(precision)
        model = i3d_from(NAME, load_module(str(saved_model(precision))))
        model.fingerprint = f"{NAME}-{precision}"
        return model
    if precision != "float32":
        raise ValueError(f"{handle} has the precision that it was saved with: leave precision out.")
    return load_saved_model(handle, i3d_from, ADVICE)


def load_keras_i3d() -> keras.Model:
    """Build I3D in Keras with the published weights: the same network, with access to every layer.

    Returns
    -------
    keras.Model
        See `helpers.i3d.build_i3d`.

    Raises
    ------
    DownloadError
        If the published weights cannot be downloaded.
    """
    return build_with_weights()


def load_saved_model(handle: str | Path, convert: Callable, advice: str) -> VideoModel:
    """Load a module from TF Hub, Kaggle or a folder.

    Parameters
    ----------
    handle : str or Path
        An address, or the folder of a SavedModel.
    convert : callable
        From the handle and the module to a VideoModel; raises ModelError if it is another kind of module.
    advice : str
        What to do if the address does not lead to a model.
    """
    if "://" not in str(handle):
        return load_from_folder(Path(handle).expanduser(), convert)
    return load_from_address(str(handle), convert, advice)


def load_from_folder(folder, convert):
    if not folder.is_dir():
        raise ModelError(
            f"{folder} is not a folder: needed a TF Hub address or the folder of a SavedModel. Is its name misspelled?"
        )
    try:
        return convert(str(folder), load_module(str(folder)))
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{folder} does not contain a SavedModel that can be loaded: {type(error).__name__}: {error}") from None


def load_from_address(address, convert, advice):
    if urlsplit(address).username is not None:
        raise ModelError(
            f"{address} contains a user name or a password, which TensorFlow Hub cannot send. Download the model, extract it, "
            "and load it from its folder."
        )
    try:
        with socket_timeout(download.TIMEOUT):
            return convert(address, load_module(address))
    except ModelError:
        raise
    except Exception as error:  # without its cause, which contains the address with its query
        problem = str(error).rstrip(".")
        raise ModelError(f"{address} does not lead to a model: {type(error).__name__}: {problem}. {advice}") from None


def load_module(handle):
    return tensorflow_hub.load(fetch_module(handle))


def i3d_from(handle: str, module) -> VideoModel:
    """Return a module of I3D as a model; raise ModelError if it has other signatures, inputs or outputs."""
    if "default" not in module.signatures:
        raise ModelError(
            f"{handle} has the signatures {sorted(module.signatures)}: needed one called default, "
            "as I3D's modules on TF Hub have."
        )
    signature = module.signatures["default"]
    require_shapes(handle, signature)
    labels = kinetics_labels() if signature.structured_outputs["default"].shape[-1] in (None, 400) else None
    model = VideoModel(lambda batch: signature(tf.constant(batch)), I3D_INPUT, labels, "I3D")
    model.module = module
    return model


def require_shapes(handle, signature):
    """Raise ModelError if a module has other inputs or outputs than I3D."""
    inputs, outputs = list(signature.structured_input_signature[1].values()), signature.structured_outputs
    if (
        [spec.dtype for spec in inputs] != ["float32"]
        or not inputs[0].shape.is_compatible_with([None, None, I3D_SIZE, I3D_SIZE, 3])
        or "default" not in outputs
        or not outputs["default"].shape.is_compatible_with([None, None])
    ):
        shapes = [" ".join(f"{spec.dtype.name} {spec.shape}" for spec in specs) for specs in (inputs, outputs.values())]
        raise ModelError(
            f"{handle} takes {shapes[0]} and returns {shapes[1]}: needed a module that takes frames, "
            f"float32 (N, T, {I3D_SIZE}, {I3D_SIZE}, 3), and returns logits called default, (N, classes)."
        )
