"""I3D in Keras, with the published weights."""

from ...basics.quiet import keras
from . import authors
from .network import CLASSIFIER, build_i3d
from .weights import fetch_checkpoint, read_checkpoint


def load_keras_i3d(weights: str = authors.DEFAULT) -> keras.Model:
    """Build I3D in Keras with published weights. Unlike `load_i3d`, it gives access to every layer.

    Parameters
    ----------
    weights : str
        As in `load_i3d`.

    Returns
    -------
    keras.Model
        Maps frames, float32 `[N, T, 224, 224, 3]` in [-1, 1], to logits, float32 `[N, 400]`; flow networks have 2
        channels, and the one for Kinetics-600 has 600 logits. See `build_i3d`.

    Raises
    ------
    ValueError
        If there are no weights of this name.
    DownloadError
        If the weights cannot be downloaded.
    """
    authors.check_name(weights)
    if weights != authors.DEFAULT:
        return authors.load(weights)
    model = build_i3d()
    set_weights(model, read_checkpoint(fetch_checkpoint()))
    return model


def set_weights(model: keras.Model, checkpoint: dict) -> None:
    """Copy the published weights into a model from `build_i3d`, from the nested dicts that `read_checkpoint` returns."""
    for layer in model.layers:
        if layer.name.endswith(".conv"):
            unit = layer.name.removesuffix(".conv")
            layer.set_weights([_find_unit(checkpoint["params"], unit)["Conv_0"]["kernel"]])
        elif layer.name.endswith(".batch_norm"):
            unit = layer.name.removesuffix(".batch_norm")
            shift = _find_unit(checkpoint["params"], unit)["BatchNorm_0"]["bias"]
            moving = _find_unit(checkpoint["batch_stats"], unit)["BatchNorm_0"]
            layer.set_weights([shift, moving["mean"].ravel(), moving["var"].ravel()])
    classifier = checkpoint["params"]["Logits/Conv3d_0c_1x1"]["Conv_0"]
    model.get_layer(CLASSIFIER).set_weights([classifier["kernel"], classifier["bias"]])


def _find_unit(tree: dict, unit: str) -> dict:
    """Return the weights of a unit: those of `Mixed_3b.A.B` are at `tree["Mixed_3b"]["A/B"]`."""
    module, _, rest = unit.partition(".")
    return tree[module][rest.replace(".", "/")] if rest else tree[module]
