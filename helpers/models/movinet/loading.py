"""MoViNet, a small causal network that predicts frame by frame.

Kondratyuk et al., "MoViNets: Mobile Video Networks for Efficient Video Recognition", CVPR 2021. The streams A0, A1 and A2 were
trained on Kinetics-600; these are the published int8 versions, which LiteRT runs without TensorFlow.
"""

import hashlib
import io
import os
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from ...basics.cache import expanded
from ...basics.files import DAMAGED_NPZ
from ...basics.messages import ModelError
from ...basics.quiet import quiet_stderr
from ..kinetics import kinetics_labels
from ..video_model import LABELS_NAME, ModelInput, VideoModel
from .files import MOVINET_SHA256, expected_sha256, fetch_movinet

PROBABILITIES = "probabilities"  # an output of an exported model of learned actions
MOVINET_FPS = 5.0  # of A0, A1 and A2: 50 frames of a clip of 10 s
MOVINET_SIZES = {"a0": (172, 5), "a1": (172, 5), "a2": (224, 5), "a3": (256, 12), "a4": (290, 8), "a5": (320, 12)}  # pixels, fps


def movinet_input(size: int, fps: float = MOVINET_FPS) -> ModelInput:
    """Return the input of a MoViNet: the whole center square of `size` pixels, with values in [0, 1]."""
    return ModelInput(size, value_range=(0.0, 1.0), crop_fraction=1.0, fps=fps, min_frames=1)  # as on TF Hub's page


def load_movinet(name: str = "a0", path: str | os.PathLike | None = None) -> VideoModel:
    """Load MoViNet-A0, A1 or A2, trained on Kinetics-600, for LiteRT.

    Parameters
    ----------
    name : str
        "a0" (3 MB), "a1" or "a2": from the fastest to the most accurate.
    path : str or Path, optional
        The published file, if it should not be downloaded.

    Returns
    -------
    VideoModel
        Causal: `start` predicts frame by frame. Called with a batch of clips, it returns the logits after their last frames.

    Warns
    -----
    UserWarning
        If nothing is known to compare the file with: the first A1 or A2.

    Raises
    ------
    ModelError
        If the file is not the published one, or not such a model.
    DownloadError
        If the file or the labels cannot be downloaded.
    ValueError
        If there is no such MoViNet.
    """
    name = str(name).lower()
    if name not in MOVINET_SHA256:
        raise ValueError(f"name must be 'a0', 'a1', or 'a2', not {name!r}. load_model loads others from TF Hub or Kaggle.")
    file = fetch_movinet(name) if path is None else expanded(path)
    title, expected = f"MoViNet-{name.upper()}-Stream", expected_sha256(name)
    content = read_file(file)  # once, so that what is loaded is what was verified
    found = hashlib.sha256(content).hexdigest()
    if expected and found != expected:
        raise ModelError(
            f"{file} is not the published {title}: it has {len(content):,} bytes, and its SHA-256 is {found}; expected "
            f"{expected}. It was not loaded. Delete it, and download it again."
        )
    for other, known in MOVINET_SHA256.items():
        if found == known and other != name:
            raise ModelError(f'{file} is MoViNet-{other.upper()}-Stream, not {title}. Use load_movinet("{other}", path=…).')
    model = litert_model(content, file.name, title, kinetics_labels(600))
    size, _ = MOVINET_SIZES[name]
    if model.input.size != size:
        raise ModelError(f"{file} is not {title}: it accepts frames of {model.input.size} pixels, not {size}.")
    if expected is None and path is not None:  # otherwise fetch_movinet warned
        warnings.warn(
            f"No hash of {title} is published, so {file.name} could not be verified. Its SHA-256 is {found}.", stacklevel=2
        )
    return model


def load_litert(path: str | os.PathLike) -> VideoModel:
    """Load a causal network of your own from a `.tflite` file with the inputs and outputs of a MoViNet stream.

    Its value range, crop and frame rate are MoViNet's; its labels are those in the file, if it was exported from a learned
    model. Raises ModelError if the file cannot be read or is of another kind.
    """
    path = expanded(path)
    content = read_file(path)
    try:
        files = files_in(content)
        if LABELS_NAME not in files and LABELS_NAME.encode() in content:  # its metadata name them
            raise ValueError(f"{LABELS_NAME}, at its end, is missing")
        labels = files[LABELS_NAME].decode().splitlines() if LABELS_NAME in files else None
        model = litert_model(content, path.name, path.stem, labels)
    except (ValueError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path} is damaged ({error}). Copy or export it again.") from None
    model.is_learned = labels is not None
    return model


def files_in(content: bytes) -> dict[str, bytes]:
    """Return the files in the archive at the end of a `.tflite` file, by name. Raises BadZipFile if one is damaged."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except DAMAGED_NPZ as error:  # an archive, too
        raise zipfile.BadZipFile(str(error)) from None


def read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}. Is its name misspelled?") from None


def litert_model(
    content: bytes,
    source: str,
    name: str,
    labels: Sequence[str] | None,
    classify: Callable[[np.ndarray], np.ndarray] | None = None,
) -> VideoModel:
    """Return a network for LiteRT as a model; each stream has its own interpreter and states.

    `source` and `classify` are as in `Advance`. Raises its errors, and ValueError if the numbers of labels and outputs differ.
    """
    first = Advance(content, source, classify)
    if labels is not None and len(labels) != first.classes:
        raise ValueError(f"there must be one label for each of the {first.classes} outputs of {source}, not {len(labels)}.")
    idle = [first]  # interpreters that no stream uses: making one takes as long as three frames

    def begin():
        try:
            return idle.pop().reset()
        except IndexError:
            return Advance(content, source, classify)

    def predict_clips(batch):
        advance = begin()
        logits = np.array([last_logits(advance.reset(), clip) for clip in np.asarray(batch)])
        idle.append(advance)
        return {"default": logits}

    def last_logits(advance, clip):
        for frame in clip:
            logits = advance(frame[np.newaxis, np.newaxis])
        return logits

    fingerprint = "" if classify else f"litert-{hashlib.sha256(content).hexdigest()[:16]}"
    model = VideoModel(predict_clips, movinet_input(first.size), labels, name, begin, idle.append, fingerprint)
    model.content = content
    return model


class Advance:
    """A function from the next frame to logits, with the states of one `Stream`, which stay in the interpreter.

    `source` names the file in messages; `classify` maps the network's logits, float32 `[outputs]`, to those of other classes.
    Raises ModelError if the content is not a model, or one with other inputs and outputs.
    """

    def __init__(self, content: bytes, source: str, classify: Callable[[np.ndarray], np.ndarray] | None = None) -> None:
        try:
            with quiet_stderr():
                self.interpreter = Interpreter(model_content=content, num_threads=1)
                self.interpreter.allocate_tensors()
                inputs, outputs = _signature_of(self.interpreter)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{source} is not a model that LiteRT can run: {error}. Is it a complete .tflite file?") from None
        _require_causal(source, inputs, outputs)
        self.size, outputs_of_network = int(inputs["image"]["shape"][2]), int(outputs["logits"]["shape"][-1])
        self.classify = classify or (lambda logits: logits)
        self.classes = len(self.classify(np.zeros(outputs_of_network, np.float32)))
        self.image, self.logits = inputs.pop("image")["index"], outputs["logits"]["index"]
        self.states = [(inputs[name], outputs[name]["index"]) for name in inputs]
        self.fresh = True

    def reset(self) -> "Advance":
        """Start from states that are zero."""
        self.fresh = True
        return self

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        """Return the logits after the next frame, float32 `[1, 1, S, S, 3]`, as float32 `[classes]`."""
        interpreter = self.interpreter
        for state, after in self.states:
            if self.fresh:
                interpreter.set_tensor(state["index"], np.zeros(state["shape"], state["dtype"]))
            else:  # copied within the interpreter, without an array in between
                interpreter.set_tensor(state["index"], interpreter.tensor(after)())
        interpreter.set_tensor(self.image, frame)
        interpreter.invoke()
        self.fresh = False
        return self.classify(interpreter.get_tensor(self.logits)[0])


def _signature_of(interpreter: Interpreter) -> tuple[dict, dict]:
    """Return the inputs and outputs of the only signature, by name."""
    signatures = list(interpreter.get_signature_list())
    if len(signatures) != 1:
        raise ValueError(f"it has {len(signatures)} signatures; expected one")
    runner = interpreter.get_signature_runner(signatures[0])  # not kept: the interpreter cannot be invoked while it is held
    return dict(runner.get_input_details()), dict(runner.get_output_details())


def _require_causal(source: str, inputs: dict, outputs: dict) -> None:
    """Raise ModelError if a network has other inputs and outputs than a MoViNet stream."""
    image, states = inputs.get("image"), inputs.keys() - {"image"}
    if (
        image is None
        or image["dtype"] != np.float32
        or len(image["shape"]) != 5
        or list(image["shape"]) != [1, 1, image["shape"][2], image["shape"][2], 3]
        or outputs.keys() - {PROBABILITIES} != states | {"logits"}
        or any(_describe(inputs[name]) != _describe(outputs[name]) for name in states)
        or outputs["logits"]["dtype"] != np.float32
        or len(outputs["logits"]["shape"]) != 2
    ):
        raise ModelError(
            f"{source} accepts {_summary(inputs)} and returns {_summary(outputs)}, but a causal network must accept image, "
            "float32 [1, 1, S, S, 3], and its states, and return logits and the same states."
        )


def _summary(tensors: dict) -> str:
    """Name the first three inputs or outputs, with their types and shapes."""
    shown = [f"{name} ({_describe(tensor)})" for name, tensor in list(tensors.items())[:3]]
    return ", ".join(shown) + (" …" if len(tensors) > 3 else "")


def _describe(tensor: dict) -> str:
    return f"{np.dtype(tensor['dtype']).name} {[int(side) for side in tensor['shape']]}"
