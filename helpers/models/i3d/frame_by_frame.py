"""A baseline that cannot see motion: classify every frame separately, and average the probabilities."""

from ...basics.quiet import keras, tf
from .faster import fold_batch_norm
from .keras_weights import load_keras_i3d
from .network import CLASSIFIER, RequireFrames

CHUNK = 16  # frames per batch, which limits the memory


def flatten(model: keras.Model) -> keras.Model:
    """Undo the inflation: sum each filter over time, and make each pool one frame long.

    Parameters
    ----------
    model : keras.Model
        A model from `load_keras_i3d` or `build_i3d`.

    Returns
    -------
    keras.Model
        Maps frames, float32 `[N, T, 224, 224, 3]` in [-1, 1], `T` at least 1, to logits, float32 `[N, classes]`, the mean over
        the frames. Layers keep their names, and every end point has `T` frames, none of which depends on any other.

    Notes
    -----
    On a static video, both networks return the same logits, except near the ends, where I3D sees padding.
    """
    flat = keras.models.clone_model(model, clone_function=without_time)
    for layer, original in zip(flat.layers, model.layers):
        weights = original.get_weights()
        if hasattr(original, "kernel"):
            weights[0] = weights[0].sum(axis=0, keepdims=True)
        layer.set_weights(weights)
    return flat


def without_time(layer):
    """Return the same layer, one frame long."""
    if isinstance(layer, RequireFrames):
        return keras.layers.Identity(name=layer.name)
    config = layer.get_config()
    for name in {"kernel_size", "pool_size", "strides"} & set(config):
        config[name] = (1, *config[name][1:])
    return type(layer).from_config(config)


class FrameByFrame:
    """The flattened I3D as a model for `predict`: it classifies one frame at a time, and averages the probabilities.

    Parameters
    ----------
    model : keras.Model, optional
        A model from `load_keras_i3d` or `build_i3d`; by default, the published I3D.

    Attributes
    ----------
    fingerprint : str
        Identifies the weights, like the attribute of `load_i3d()`'s models; empty for your own model.

    Notes
    -----
    This is not a network that was trained on images. Its weights were trained on video and are then summed over time, so it shows
    what I3D recognizes in single frames. `load_image_network` loads a network that was trained on images.

    How much motion matters on Kinetics and UCF101: Huang et al., "What Makes a Video a Video: Analyzing Temporal Information in
    Video Understanding Models and Datasets", CVPR 2018; Sevilla-Lara et al., "Only Time Can Tell: Discovering Temporal Data for
    Temporal Modeling", 2019.
    """

    def __init__(self, model: keras.Model | None = None) -> None:
        self.fingerprint = "i3d-kinetics-400-frame-by-frame" if model is None else ""
        flat = fold_batch_norm(flatten(load_keras_i3d() if model is None else model))
        classify = keras.Model(flat.input, flat.get_layer(CLASSIFIER).output)
        spec = tf.TensorSpec([None, *flat.input.shape[1:]], tf.float32)
        self._classify = tf.function(lambda frames: classify(frames, training=False), input_signature=[spec])

    def by_frame(self, frames: tf.Tensor) -> tf.Tensor:
        """Return the log-probabilities of each frame, float32 `[N, T, classes]`, for float32 `[N, T, 224, 224, 3]` in [-1, 1]."""
        chunks = [self._classify(frames[:, start : start + CHUNK]) for start in range(0, frames.shape[1], CHUNK)]
        return tf.nn.log_softmax(tf.concat(chunks, axis=1)[:, :, 0, 0])

    def __call__(self, frames: tf.Tensor) -> dict[str, tf.Tensor]:
        """Classify clips, float32 `[N, T, 224, 224, 3]` in [-1, 1], `T` at least 1; return `{"default": logits}`, `[N, classes]`.

        The logits are logarithms of the mean probabilities, so that their softmax is the mean of the frames' probabilities.
        """
        by_frame = self.by_frame(frames)
        return {"default": tf.reduce_logsumexp(by_frame, axis=1) - tf.math.log(float(by_frame.shape[1]))}
