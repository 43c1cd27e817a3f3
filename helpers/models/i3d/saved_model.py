"""Build the published networks as SavedModels in the cache."""

import hashlib
import os
import shutil
from pathlib import Path

from ...basics.cache import cache_folder, file_sha256, staging_dir
from ...basics.messages import ModelError
from ...basics.quiet import keras, save_module, tf
from ...video import preprocessing
from ...video.preprocessing import I3D_SIZE
from . import authors, faster, first_layer, keras_weights
from . import network as i3d

CHECKSUMS = "SHA256SUMS"  # file with the hashes of all others


def model_name(weights: str) -> str:
    """Return the name of a network in the cache. Features are cached under it, too, so that of the default stays as it was."""
    return "i3d-kinetics-400" if weights == authors.DEFAULT else f"i3d-{weights}"


def saved_model(precision: str = "float32", weights: str = authors.DEFAULT) -> Path:
    """Return the folder of a published network as a SavedModel in the cache, built if it is missing or if a file was changed.

    Raises DownloadError if the weights cannot be downloaded or the cache cannot be written to, and ModelError if saving fails.
    """
    folder = module_folder(precision, weights)
    if is_intact(folder):  # before locking, because a shared cache may be read-only
        return folder
    with staging_dir(folder) as staging:
        if not is_intact(folder):
            _build(staging / "module", precision, weights)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(staging / "module", folder)
    return folder


def module_folder(precision: str, weights: str = authors.DEFAULT) -> Path:
    """Return the cache folder for the SavedModel, which may not exist yet.

    Its name contains a hash of the code that builds the model and of the TensorFlow and Keras versions, so that changed code
    or another version builds a new model.
    """
    digest = hashlib.sha256(f"{'.'.join(tf.__version__.split('.')[:2])} {keras.__version__}".encode())
    ours = (i3d.__file__, preprocessing.__file__, faster.__file__, first_layer.__file__, authors.__file__, keras_weights.__file__)
    for source in (*ours, __file__):
        digest.update(Path(source).read_text(encoding="utf-8").encode())
    return cache_folder() / f"{model_name(weights)}-{precision}-{digest.hexdigest()[:8]}"


def is_intact(folder: Path) -> bool:
    """Return whether a folder contains exactly the files that `export` wrote."""
    try:
        sums = [line.split("  ") for line in (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()]
        present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {CHECKSUMS}
        return present == {name for _, name in sums} != set() and all(
            file_sha256(folder / name) == digest for digest, name in sums
        )
    except (OSError, ValueError):
        return False


def _build(folder: Path, precision: str, weights: str) -> None:
    """Build a network with published weights and save it in a folder."""
    model = faster.fold_batch_norm(keras_weights.load_keras_i3d(weights), precision)
    try:
        export(model, folder)
    except tf.errors.OpError as error:
        raise ModelError(f"The model could not be saved in {cache_folder()}: {error.message}. Is the disk full?") from None


def export(model: keras.Model, folder: Path) -> None:
    """Save an I3D from `build_i3d` or `fold_batch_norm` as a SavedModel. Raises tensorflow.errors.OpError if that fails.

    It has three signatures. Each accepts `frames`, float32 `[N, T, 224, 224, channels]`, and returns `{"default": …}`:

    - `default`: logits, float32 `[N, classes]`, as in the TF Hub module.
    - `timeline`: logits before their mean over time, float32 `[N, ceil(T / 8) - 1, classes]`, one row every 8 frames.
    - `features`: input of the classifier, float32 `[N, ceil(T / 8) - 1, 1024]`.
    """
    end_points = [model.get_layer(name).output for name in ("AvgPool", i3d.CLASSIFIER)]
    dense = keras.Model(model.input, [keras.ops.squeeze(end_point, (2, 3)) for end_point in end_points])
    spec = [tf.TensorSpec([None, None, I3D_SIZE, I3D_SIZE, model.input.shape[-1]], tf.float32, name="frames")]

    @tf.function(input_signature=spec)
    def features_and_logits(frames):  # saved once and shared by the three signatures
        return dense(frames, training=False)

    signatures = {
        "default": lambda frames: {"default": tf.reduce_mean(features_and_logits(frames)[1], axis=1)},
        "features": lambda frames: {"default": features_and_logits(frames)[0]},
        "timeline": lambda frames: {"default": features_and_logits(frames)[1]},
    }
    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    functions = {name: tf.function(signature, input_signature=spec) for name, signature in signatures.items()}
    save_module(module, folder, functions)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = [f"{file_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / CHECKSUMS).write_text("".join(sums), encoding="utf-8")
