"""Copy the published weights into the Keras network."""

from ..i3d import CLASSIFIER
from .quiet import keras


def set_weights(model: keras.Model, checkpoint: dict) -> None:
    """Copy the published weights into a network.

    Parameters
    ----------
    model : keras.Model
        What `helpers.i3d.build_i3d` returned.
    checkpoint : dict
        What `helpers.plumbing.weights.read_checkpoint` returned: nested dicts `params` and `batch_stats`, keyed by the parts
        of a unit's name.

    Raises
    ------
    KeyError, ValueError
        If a unit is missing from the checkpoint, or has another shape.
    """
    for layer in model.layers:
        if layer.name.endswith(".conv"):
            unit = layer.name.removesuffix(".conv")
            layer.set_weights([find_unit(checkpoint["params"], unit)["Conv_0"]["kernel"]])
        elif layer.name.endswith(".batch_norm"):
            unit = layer.name.removesuffix(".batch_norm")
            shift = find_unit(checkpoint["params"], unit)["BatchNorm_0"]["bias"]
            moving = find_unit(checkpoint["batch_stats"], unit)["BatchNorm_0"]
            layer.set_weights([shift, moving["mean"].ravel(), moving["var"].ravel()])
    classifier = checkpoint["params"]["Logits/Conv3d_0c_1x1"]["Conv_0"]
    model.get_layer(CLASSIFIER).set_weights([classifier["kernel"], classifier["bias"]])


def find_unit(tree, unit):
    """Return a unit's part of the checkpoint: `Mixed_3b.Branch_0.Conv3d_0a_1x1` is at `Mixed_3b`, `Branch_0/Conv3d_0a_1x1`."""
    module, _, rest = unit.partition(".")
    return tree[module][rest.replace(".", "/")] if rest else tree[module]
