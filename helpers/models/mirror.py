"""A model that sees each clip mirrored: left and right are exchanged."""

from types import SimpleNamespace

import numpy as np

from .video_model import VideoModel


def mirrored(model: VideoModel) -> VideoModel:
    """Return a model whose logits and features for a clip are those of `model` for the clip's mirror image.

    Of a model of learned actions, it is the network. It has no streams, and the signature `features` only if `model` has it.
    """
    network = model.network or model
    found = VideoModel(
        lambda batch: network.function(np.ascontiguousarray(mirror(batch))),
        network.input,
        network.labels,
        network.name,
        fingerprint=network.fingerprint and f"{network.fingerprint} mirrored",
    )
    signatures = getattr(network.module, "signatures", {})
    if "features" in signatures:
        found.module = SimpleNamespace(signatures={"features": lambda batch: signatures["features"](mirror(batch))})
    return found


def mirror(batch):
    """Exchange left and right in a batch of clips, `[N, T, H, W, 3]`: an array or a tensor."""
    return batch[:, :, :, ::-1]
