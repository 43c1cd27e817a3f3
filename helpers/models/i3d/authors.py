"""What I3D's authors published: five networks, whose checkpoints are read without TensorFlow 1, and an example clip.

https://github.com/google-deepmind/kinetics-i3d, Apache-2.0. `imagenet` was trained on ImageNet first, then on Kinetics-400;
`scratch` only on Kinetics. The package that `weights` downloads contains exactly the 230 arrays of `rgb_scratch`.
"""

import os
from pathlib import Path

import numpy as np

from ...basics.cache import cache_folder
from ...basics.download import download
from ...basics.messages import DownloadError
from ...basics.quiet import keras, tf
from .network import CLASSIFIER, build_i3d
from .tfhub import without_pattern

DATA = "https://raw.githubusercontent.com/google-deepmind/kinetics-i3d/0667e889a5904b4dc122e0ded4c332f49f8df42c/data"
ADDRESS = f"{DATA}/checkpoints"
PREFIX = "model.ckpt"
# The index contains the name, the shape and the CRC-32C of each array, which TensorFlow verifies when it reads the data.
FILES = (f"{PREFIX}.index", f"{PREFIX}.data-00000-of-00001")
GIT_BLOBS = {  # of the two files, at the commit in the address
    "rgb_imagenet": ("5ab1058b8f4f89a896c01f67c0a4c96a31548af7", "2958652e0c9c48a65010c0ebda5c9cfd4edc7c18"),
    "rgb_scratch": ("84dd4518e982d9ca6ce1ff02e95fca2e8cbb1f73", "fa7df95674dbf3579e7fccd954e51e706b4734c1"),
    "flow_imagenet": ("8217f9450d851d24782aaf1af01c5c3b35b81a35", "bf56831f663abc3de0d35f193030b73a3df7fb61"),
    "flow_scratch": ("193bc425100f3978c793da66bd9eb54baea8dc6a", "1d6a0b68f32544af11111342857e47e30d13afa9"),
    "rgb_scratch_kin600": ("d378d8f01215fe92a29cd170f040c284070e9cd5", "6392a74c3180e706cabada39d8f40a50a48642e5"),
}
# The authors' example, a clip of cricket from UCF101, and its optical flow, as they prepared them: 79 frames of 224 x 224 pixels.
EXAMPLE = {
    "v_CricketShot_g04_c01_rgb.gif": "688ca2fe1a32cdb111f57b6bafc9068095dc3bbd",
    "v_CricketShot_g04_c01_rgb.npy": "d756c5020a6e0fb56a99b210e32f5865da712bba",
    "v_CricketShot_g04_c01_flow.npy": "ee00e78e6f380caa5463de878d7c85ad7a01e668",
}
DEFAULT = "rgb_scratch"
TWO_STREAMS = {f"two_stream_{kind}": (f"rgb_{kind}", f"flow_{kind}") for kind in ("imagenet", "scratch")}
PARTS = {  # of a layer, by the end of its name
    "conv": ("conv_3d/w",),
    "batch_norm": ("batch_norm/beta", "batch_norm/moving_mean", "batch_norm/moving_variance"),
    "classifier": ("conv_3d/w", "conv_3d/b"),
}


def check_name(name: str) -> None:
    """Raise ValueError if there are no weights of this name."""
    if name not in GIT_BLOBS:
        raise ValueError(f"weights must be one of {', '.join(GIT_BLOBS)}, not {name!r}.")


def channels(name: str) -> int:
    """Return the channels of a network's input: red, green and blue, or horizontal and vertical optical flow."""
    return 2 if name.startswith("flow") else 3


def classes(name: str) -> int:
    return 600 if name.endswith("kin600") else 400


def load(name: str) -> keras.Model:
    """Build a network with the authors' weights, which are downloaded on first use; raise DownloadError if that fails."""
    prefix = fetch(name)
    model = build_i3d(classes(name), channels(name))
    layers = {layer: tensor_names(layer.name, name) for layer in model.layers if layer.weights}
    tensors = read(prefix, [tensor for names in layers.values() for tensor in names])
    for layer, names in layers.items():
        layer.set_weights([tensors[tensor] for tensor in names])
    return model


def fetch(name: str) -> Path:
    """Return the path that the two files of a checkpoint begin with. They are downloaded and verified on first use."""
    folder = cache_folder() / f"i3d-{name}"
    for file, git_blob in zip(FILES, GIT_BLOBS[name]):
        url = f"{ADDRESS}/{name}/{file}"
        try:
            download(url, folder / file, git_blob=git_blob)
        except DownloadError as error:
            raise DownloadError(
                f"The weights {name} could not be downloaded. {error} If you are offline, connect and try again; or download "
                f"{' and '.join(FILES)} from {ADDRESS}/{name} with a browser, and save them in {folder}."
            ) from None
    return folder / PREFIX


def example(name: str) -> Path:
    """Return a file of the authors' example, downloaded and verified on first use; raise DownloadError if that fails.

    "v_CricketShot_g04_c01_rgb.gif" (2.4 MB) can be read by `read_video(path, crop_fraction=1)`. The `.npy` files are
    the inputs of the two networks, `[1, 79, 224, 224, 3]` and `[1, 79, 224, 224, 2]`.
    """
    # Once, because a notebook shows something else without it, and should not wait.
    return download(f"{DATA}/{name}", cache_folder() / "i3d-example" / name, git_blob=EXAMPLE[name], tries=1)


def tensor_names(layer: str, name: str) -> list[str]:
    """Return what the authors call the weights of a layer of `build_i3d`, in the order of `layer.get_weights()`.

    >>> tensor_names("Conv3d_1a_7x7.conv", "rgb_imagenet")
    ['RGB/inception_i3d/Conv3d_1a_7x7/conv_3d/w']
    """
    unit, _, kind = (layer, "", "classifier") if layer == CLASSIFIER else layer.rpartition(".")
    if unit == "Mixed_5b.Branch_2.Conv3d_0b_3x3":
        unit = "Mixed_5b.Branch_2.Conv3d_0a_3x3"  # a slip in the authors' code
    scope = "" if name == "rgb_scratch_kin600" else f"{'Flow' if name.startswith('flow') else 'RGB'}/inception_i3d/"
    return [f"{scope}{unit.replace('.', '/')}/{part}" for part in PARTS[kind]]


def read(prefix: Path, names: list[str]) -> dict[str, np.ndarray]:
    """Read arrays of a checkpoint, and verify their CRC-32C; raise DownloadError if one is damaged or missing.

    Those of batch normalization have one axis, although some checkpoints have `[1, 1, 1, 1, channels]`.
    """
    folder = without_pattern(str(prefix.parent))
    try:
        reader = tf.train.load_checkpoint(os.path.join(folder, PREFIX))
        tensors = {name: reader.get_tensor(name) for name in names}
    except (tf.errors.OpError, IndexError) as error:  # IndexError: the data file is too short
        problem = str(error).replace(f"{folder}{os.sep}", "")
        raise DownloadError(
            f"{prefix} is not the authors' checkpoint: {problem}. Delete its folder, and it will be downloaded again."
        ) from None
    return {name: tensor.ravel() if "/batch_norm/" in name else tensor for name, tensor in tensors.items()}
