"""I3D as a callable, from wherever it can be had."""

import contextlib
import hashlib
import importlib
import os
import shutil
import socket
import sys
import warnings
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock

from . import i3d
from .i3d import CLASSIFIER, build_i3d, fold_batch_norm, set_weights
from .plumbing import download
from .plumbing.cache import cache_folder, file_sha256, staging_dir
from .plumbing.messages import without_secrets
from .plumbing.weights import fetch_checkpoint, read_checkpoint
from .processor import processor_flags
from .video import I3D_SIZE

NAME = "i3d-kinetics-400"
CHECKSUMS = "SHA256SUMS"


class ModelError(RuntimeError):
    """A model could not be loaded; the message says why, and what works. It holds no secrets."""

    def __init__(self, message):
        super().__init__(without_secrets(" ".join(message.split())))


def load_i3d(handle=None, precision="float32"):
    """Load I3D trained on Kinetics-400.

    Parameters
    ----------
    handle : str or Path, optional
        A TF Hub or Kaggle address, or the folder of a SavedModel. The original is
        `https://tfhub.dev/deepmind/i3d-kinetics-400/1`. Without one, the module is made from the published weights the first
        time, kept in the cache and loaded from there.
    precision : str
        "float32", or "bfloat16", which is faster and less exact, on processors that have it (AVX512_BF16 or AMX); elsewhere a
        warning says so, and float32 is used. Only without a handle.

    Returns
    -------
    callable
        From float32 `[N, T, 224, 224, 3]` in [-1, 1], `T` at least 9, to `{"default": logits}`, float32 `[N, 400]`: what
        `hub.load(handle).signatures["default"]` gives. Without a handle it has a `fingerprint`, a str that names the weights
        and the precision.

    Raises
    ------
    ModelError
        If nothing, or something else, is found at the handle.
    ValueError
        If the precision is another, or asked of a handle.
    DownloadError
        If the published weights cannot be fetched.
    """
    if precision not in ("float32", "bfloat16"):
        raise ValueError(f"precision is {precision!r}: needed 'float32' or 'bfloat16'.")
    if handle is None:
        precision = usable(precision)
        signature = load_signature(saved_model(precision))
        signature.fingerprint = f"{NAME}-{precision}"
        return signature
    if precision != "float32":
        raise ValueError(f"{handle} has the precision that it was saved with: leave precision out.")
    if "://" not in str(handle):
        return load_from_folder(Path(handle).expanduser())
    return load_from_address(str(handle))


def load_from_folder(folder):
    if not folder.is_dir():
        raise ModelError(f"{folder} is not a folder: needed a TF Hub address or the folder of a SavedModel. Is its name misspelled?")
    try:
        return load_signature(folder)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{folder} does not contain a SavedModel that can be loaded: {type(error).__name__}: {error}") from None


def load_from_address(address):
    if urlsplit(address).username is not None:
        raise ModelError(
            f"{address} contains a user name or a password, which TensorFlow Hub cannot send. Download the model, extract it, "
            "and call load_i3d with its folder."
        )
    try:
        with socket_timeout(download.TIMEOUT):
            return load_signature(address)
    except ModelError:
        raise
    except Exception as error:  # without its cause, which contains the address with its query
        problem = str(error).rstrip(".")
        raise ModelError(
            f"{address} gave no model: {type(error).__name__}: {problem}. Many have met this since the model left tfhub.dev; "
            "load_i3d() without an address makes the same model from the published weights."
        ) from None


def load_keras_i3d():
    """Build I3D in Keras and give it the published weights: the same network, open to look inside.

    Returns
    -------
    keras.Model
        See `helpers.i3d.build_i3d`.
    """
    import_quietly("tensorflow")
    model = build_i3d()
    set_weights(model, read_checkpoint(fetch_checkpoint()))
    return model


def usable(precision):
    """Return the precision, or float32 where the processor would only imitate bfloat16, slowly."""
    if precision == "bfloat16" and not {"avx512_bf16", "amx_bf16"} & processor_flags():
        warnings.warn("this processor has no bfloat16 (AVX512_BF16 or AMX): float32 is used, with the same answers.", stacklevel=3)
        return "float32"
    return precision


def module_folder(precision):
    """Return where the cache keeps the module that this code exports with this TensorFlow; other code has another folder."""
    tf = import_quietly("tensorflow")
    digest = hashlib.sha256(".".join(tf.__version__.split(".")[:2]).encode())
    for source in (i3d.__file__, __file__):
        digest.update(Path(source).read_text(encoding="utf-8").encode())
    return cache_folder() / f"{NAME}-{precision}-{digest.hexdigest()[:8]}"


def saved_model(precision="float32"):
    """Return the folder of the published network as a SavedModel, made the first time and whenever a file of it was changed."""
    folder = module_folder(precision)
    if is_whole(folder):  # asked first without a lock, because a cache that many share may be read-only
        return folder
    with staging_dir(folder) as place:
        if not is_whole(folder):
            build(place / NAME, precision)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(place / NAME, folder)
    return folder


def build(folder, precision):
    tf = import_quietly("tensorflow")
    tf.get_logger().setLevel("WARNING")  # in a notebook it tells of each file that it writes
    model = fold_batch_norm(load_keras_i3d(), precision)
    try:
        export(model, folder)
    except tf.errors.OpError as error:
        raise ModelError(f"The model could not be saved in {cache_folder()}: {error.message}. Is the disk full?") from None


def export(model, folder):
    """Save a Keras I3D as the TF Hub module was, a SavedModel whose signature is called `default`, and with two more.

    `timeline` gives the logits before their mean over time, float32 `[N, T // 8 - 1, 400]`: one answer every 8 frames.
    `features` gives what the classifier sees of each, float32 `[N, T // 8 - 1, 1024]`.
    """
    import keras
    import tensorflow as tf

    end_points = [model.get_layer(name).output for name in ("AvgPool", CLASSIFIER)]
    dense = keras.Model(model.input, [keras.ops.squeeze(end_point, (2, 3)) for end_point in end_points])
    takes = [tf.TensorSpec([None, None, 224, 224, 3], tf.float32, name="frames")]

    @tf.function(input_signature=takes)
    def answers(frames):  # stored once, called by all three
        return dense(frames, training=False)

    signatures = {
        "default": lambda frames: {"default": tf.reduce_mean(answers(frames)[1], axis=1)},
        "features": lambda frames: {"default": answers(frames)[0]},
        "timeline": lambda frames: {"default": answers(frames)[1]},
    }
    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    functions = {name: tf.function(signature, input_signature=takes) for name, signature in signatures.items()}
    tf.saved_model.save(module, str(folder), signatures=functions)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = [f"{file_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / CHECKSUMS).write_text("".join(sums))


def is_whole(folder):
    """Tell whether a SavedModel made by `export` is still what was written."""
    try:
        sums = [line.split("  ") for line in (folder / CHECKSUMS).read_text().splitlines()]
        present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {CHECKSUMS}
        return present == {name for _, name in sums} != set() and all(file_sha256(folder / name) == digest for digest, name in sums)
    except (OSError, ValueError):
        return False


def load_signature(handle):
    """Load a module through TensorFlow Hub and return its signature `default`."""
    hub = import_quietly("tensorflow_hub")
    module = hub.load(fetch_module(hub, str(handle)))
    if "default" not in module.signatures:
        raise ModelError(
            f"{handle} has the signatures {sorted(module.signatures)}: needed one called default, "
            "as I3D's modules on TF Hub have."
        )
    signature = module.signatures["default"]
    require_shapes(handle, signature)
    signature.module = module  # a signature alone does not keep its variables alive
    return signature


def fetch_module(hub, handle):
    """Return the folder of a module, downloaded the first time.

    What a killed process left is swept before, or TensorFlow Hub would wait ten minutes for it.
    """
    if "://" not in handle or os.environ.get("TFHUB_CACHE_DIR"):
        return hub.resolve(handle)
    folder = cache_folder() / "tfhub"
    with contextlib.ExitStack() as stack:
        if os.access(cache_folder(), os.W_OK):
            stack.enter_context(FileLock(f"{folder}.lock"))
            for left in folder.glob("*.lock"):
                left.unlink()
            for left in folder.glob("*.tmp"):
                shutil.rmtree(left, ignore_errors=True)
        stack.callback(os.environ.pop, "TFHUB_CACHE_DIR", None)
        os.environ["TFHUB_CACHE_DIR"] = str(folder)
        return hub.resolve(handle)


def require_shapes(handle, signature):
    """Refuse a module that takes or gives something else than I3D's do."""
    takes, gives = list(signature.structured_input_signature[1].values()), signature.structured_outputs
    if (
        [spec.dtype for spec in takes] != ["float32"]
        or not takes[0].shape.is_compatible_with([None, None, I3D_SIZE, I3D_SIZE, 3])
        or "default" not in gives
        or not gives["default"].shape.is_compatible_with([None, None])
    ):
        shapes = [" ".join(f"{spec.dtype.name} {spec.shape}" for spec in specs) for specs in (takes, gives.values())]
        raise ModelError(
            f"{handle} takes {shapes[0]} and gives {shapes[1]}: needed a module that takes frames, "
            f"float32 (N, T, {I3D_SIZE}, {I3D_SIZE}, 3), and gives logits called default, (N, classes)."
        )


@contextlib.contextmanager
def socket_timeout(seconds):
    """Set a default socket timeout for the duration of the block: TensorFlow Hub sets none for its downloads."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def import_quietly(name):
    """Import TensorFlow or TensorFlow Hub without the notes that they print while they load."""
    with quiet_stderr(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
        return importlib.import_module(name)


@contextlib.contextmanager
def quiet_stderr():
    """Drop what C++ code writes to the process's standard error; Python's own errors are raised as ever."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
