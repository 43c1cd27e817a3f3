"""I3D's first convolution in bfloat16: blocks of pixels become channels (space-to-depth).

bfloat16 instructions multiply many channels at a time, but a frame has only three. Each block of 2 x 2 x 2 pixels (time, height,
width) becomes one position with 24 channels. The convolution of 7 x 7 x 7 pixels with stride 2 becomes one of 4 x 4 x 4 blocks
with stride 1, and adds up the same products. TensorFlow's `tf.nn.space_to_depth` does this for images.
"""

import numpy as np

from ...basics.quiet import keras, tf

# bfloat16 would round pixels in [-1, 1], which are multiples of 1/255. Times this, a byte k is k - 127.5: at most 255 halves,
# which 8 significant bits represent exactly. The padding, which is 0, stays 0.
PIXEL_SCALE = 127.5


@keras.saving.register_keras_serializable("i3d")
class SpaceToDepthConv(keras.layers.Layer):
    """A convolution of frames, `[N, T, H, W, C]` in [-1, 1], with 7 x 7 x 7 pixels, stride 2, and padding "same".

    `T` may be odd; `H` and `W` must be even. Returns `[N, ceil(T / 2), H / 2, W / 2, filters]`. Its weights are those that
    `space_to_depth_kernel` returns, divided by `PIXEL_SCALE`.
    """

    def __init__(self, filters: int, **options) -> None:
        super().__init__(autocast=False, **options)  # Keras would round the frames before they are scaled
        self.filters = filters

    def build(self, shape: tuple[int, ...]) -> None:
        self.kernel = self.add_weight(shape=(4, 4, 4, 8 * shape[-1], self.filters), name="kernel")

    def call(self, frames: tf.Tensor) -> tf.Tensor:
        blocks = space_to_depth(tf.cast(frames * PIXEL_SCALE, self.compute_dtype))
        return tf.nn.conv3d(blocks, tf.cast(self.kernel, self.compute_dtype), strides=[1] * 5, padding="SAME")


def space_to_depth(x: tf.Tensor) -> tf.Tensor:
    """Turn blocks of 2 x 2 x 2 positions into channels: from `[N, T, H, W, C]` to `[N, ceil(T / 2), H / 2, W / 2, 8 C]`.

    If `T` is odd, a frame of zeros is added before the first: with padding "same", a filter of 7 frames with stride 2 starts 2
    frames before an even number of frames, but 3 before an odd one. Then, it starts one block before the first block in both.
    """
    height, width, channels = x.shape[2:]
    x = tf.pad(x, [[0, 0], [tf.shape(x)[1] % 2, 0], [0, 0], [0, 0], [0, 0]])
    clips, frames = tf.shape(x)[0], tf.shape(x)[1]
    x = tf.reshape(x, (clips * frames // 2, 2, height // 2, 2, width // 2, 2 * channels))
    x = tf.transpose(x, (0, 2, 4, 1, 3, 5))
    return tf.reshape(x, (clips, frames // 2, height // 2, width // 2, 8 * channels))


def space_to_depth_kernel(kernel: np.ndarray) -> np.ndarray:
    """Pad a kernel, `[7, 7, 7, C, filters]`, to 8 x 8 x 8, and turn its blocks into channels: `[4, 4, 4, 8 C, filters]`."""
    channels, filters = kernel.shape[3:]
    blocks = np.pad(kernel, [(0, 1)] * 3 + [(0, 0)] * 2).reshape(4, 2, 4, 2, 4, 2, channels, filters)
    return blocks.transpose(0, 2, 4, 1, 3, 5, 6, 7).reshape(4, 4, 4, 8 * channels, filters)
