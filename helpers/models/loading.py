"""Load any of the tutorial's models, by name, by address, or from a folder: I3D, MoViNet, and Tiny Video Networks.

Piergiovanni, Angelova & Ryoo, "Tiny Video Networks", 2019. MoViNet's paper is named in `helpers.models.movinet.loading`.
"""

import importlib
import os
import re
from pathlib import Path

from ..basics.cache import expanded, folder_sha256
from ..basics.messages import DownloadError, ModelError
from .learned.card import CARD
from .learned.files import NETWORK, load_learned
from .learned.rejection import Reject, require_share
from .movinet.loading import load_litert, load_movinet
from .video_model import ModelInput, VideoModel

I3D_NAMES = (
    "i3d-rgb-imagenet",
    "i3d-rgb-scratch",
    "i3d-rgb-scratch-kin600",
    "i3d-flow-imagenet",
    "i3d-flow-scratch",
    "i3d-two-stream-imagenet",
    "i3d-two-stream-scratch",
)
NAMES = re.compile(rf"i3d|{'|'.join(I3D_NAMES)}|movinet-(a[012])", re.IGNORECASE)  # of models, whatever folders there are
STREAMS = {"rgb": "rgb", "flow": "flow", "both": "two-stream"}
FUNCTION = re.compile(r"[^\W\d][\w.]*:[^\W\d]\w*")
ADVICE = "Models have moved from tfhub.dev to Kaggle: download it there, extract it, and load it from its folder."


def load_model(handle: str | Path = "i3d", input: ModelInput | None = None, reject: Reject = "model") -> VideoModel:
    """Load a model, whichever of the tutorial's kinds it is.

    Parameters
    ----------
    handle : str or Path
        "i3d"; another of its authors' networks, "i3d-rgb-imagenet", "i3d-rgb-scratch" (the same as "i3d"),
        "i3d-rgb-scratch-kin600", "i3d-flow-imagenet" or "i3d-flow-scratch"; two of them, "i3d-two-stream-imagenet" or
        "i3d-two-stream-scratch"; "movinet-a0", "movinet-a1" or "movinet-a2"; the folder of a model of learned actions; the
        address of a SavedModel on TF Hub or Kaggle, or its folder; or a causal network for LiteRT (a `.tflite` file). SavedModels
        may be of I3D, of MoViNet (base or stream), or of a Tiny Video Network. For any other model, the name of a Python function
        that returns a VideoModel, such as "my_models:build"; a folder of this name comes first.
    input : ModelInput, optional
        What the model needs, if it is known neither from its address nor from its signature.
    reject : float, "model" or "off"
        For a model of learned actions: the share of clips of these actions to keep, such as 0.9. A clip that resembles no action
        as much as this share of clips did, when their groups were held out, is labeled "none of these"; the probability of this
        label only shows how far from the threshold the clip is. "model": as it was saved. "off": it always names an action.

    Raises
    ------
    ModelError
        If the handle does not lead to a model, or to one of another kind.
    ValueError
        If `reject` is not such a share, or if the model cannot reject unknown actions.
    DownloadError
        If a file cannot be downloaded.

    Examples
    --------
    A stream that predicts frame by frame::

        load_model("https://tfhub.dev/tensorflow/movinet/a0/stream/kinetics-600/classification/3")
    """
    require_share(reject)
    name = str(handle)
    if reject != "model" and not (expanded(name) / CARD).is_file():
        raise ValueError(f"reject is for models of learned actions, not for {name}. Leave it out.")
    if found := NAMES.fullmatch(name):
        if found[1]:
            return load_movinet(found[1])
        from .i3d.loading import load_i3d  # only here, because TensorFlow takes seconds to import, and MoViNet does not need it

        weights = name.lower().removeprefix("i3d").strip("-").replace("-", "_")
        return load_i3d(weights=weights or "rgb_scratch")
    path = expanded(name)
    is_folder = "://" not in name and path.is_dir()
    if is_folder and (path / NETWORK).is_file():
        learned = load_learned(name, reject)
        learned.fingerprint = saved_fingerprint(path, reject)
        return learned
    if is_folder or "://" in name:
        # Only here, because of TensorFlow, too.
        from .hub_models import convert
        from .i3d.loading import load_saved_model

        model = load_saved_model(name, lambda source, module: convert(source, module, input), ADVICE, reject)
        if is_folder:
            model.fingerprint = saved_fingerprint(path, reject)
        return model
    if path.suffix.lower() == ".tflite":
        return load_litert(name)
    if FUNCTION.fullmatch(name):
        return call_by_name(name)
    raise ModelError(
        f"{name} is not a model: {'it is a file' if path.exists() else 'there is no such folder'}. Use i3d, movinet-a0, "
        f"movinet-a1, movinet-a2, {', '.join(I3D_NAMES)}, the folder of a model that you saved, an address on TF Hub or "
        "Kaggle, a .tflite file, or a Python function such as my_models:build."
    )


def saved_fingerprint(folder: Path, reject: Reject) -> str:
    """Return the fingerprint of a model in a folder: of its files, and of `reject`, which changes its predictions, too."""
    return f"saved-model-{folder_sha256(folder)[:16]}" + ("" if reject == "model" else f"-reject-{reject}")


def of_stream(handle: str | os.PathLike, stream: str) -> str:
    """Return the name of the I3D that was trained as `handle` was, for another stream: "rgb", "flow" or "both".

    >>> of_stream("i3d", "flow"), of_stream("i3d-rgb-imagenet", "both")
    ('i3d-flow-scratch', 'i3d-two-stream-imagenet')
    """
    found = re.fullmatch(r"i3d(?:-rgb-(scratch|imagenet))?", str(handle), re.IGNORECASE)
    if stream not in STREAMS:
        raise ValueError(f"stream must be one of {', '.join(STREAMS)}, not {stream!r}.")
    if not found:
        raise ValueError(f"stream is for the models i3d and i3d-rgb-imagenet, not for {handle}. Leave stream out.")
    return f"i3d-{STREAMS[stream]}-{(found[1] or 'scratch').lower()}"


def is_place(handle: str) -> bool:
    """Return whether `load_model` and the option `--model` load a folder of this name, if there is one."""
    return not (NAMES.fullmatch(handle) or "://" in handle or handle.startswith("-"))


def can_use_gpu(handle: str) -> bool:
    """Return whether the model that `load_model(handle)` returns could use a GPU; those for LiteRT use the processor."""
    if found := NAMES.fullmatch(handle):
        return not found[1]
    path = expanded(handle)
    return "://" in handle or not ((path / NETWORK).is_file() if path.is_dir() else path.suffix.lower() == ".tflite")


def call_by_name(name: str) -> VideoModel:
    """Import and call a Python function, "module:function", that returns a model."""
    module, _, function = name.partition(":")
    try:
        model = getattr(importlib.import_module(module), function)()
    except (DownloadError, ModelError):
        raise
    except Exception as error:  # the reader's own code
        reason = f"{type(error).__name__}: {error}"
        raise ModelError(f"{name} failed: {reason}. Check that the module can be imported and contains the function.") from error
    if not isinstance(model, VideoModel):
        raise ModelError(f"{name}() must return a VideoModel, not an object of type {type(model).__name__}.")
    return model
