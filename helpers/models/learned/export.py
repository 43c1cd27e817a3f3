"""Export actions learned with MoViNet as one `.tflite` file, which any program with LiteRT runs: `python -m helpers export`."""

import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...basics.cache import expanded
from ...basics.command_line import command_parser
from ...basics.files import replace_file
from ...basics.messages import ModelError
from ..movinet.graph import Graph, model_metadata
from ..movinet.loading import PROBABILITIES, files_in, litert_model, load_litert
from ..video_model import LABELS_NAME, VideoModel
from .card import CARD
from .classifier import CLASSIFIER, SHARPNESS, read_classifier
from .files import NETWORK, load_learned
from .rejection import Rejection

DESCRIPTION = (
    "Recognizes actions in video, frame by frame: MoViNet and a classifier of its logits. The states are inputs and outputs: "
    "zeros before the first frame of a video, then those that the previous frame returned."
)
STATE = "The state of this name: zeros before the first frame, then the output of this name."
CHECKED, TOLERANCE = 3, 1e-4  # frames, and the largest difference of logits


def main(arguments: Sequence[str]) -> None:
    """Run the command with its arguments, those after `export`."""
    parser = command_parser(
        "export",
        "Write a model of your own actions, learned with MoViNet, as one file for LiteRT, with its labels.",
        ["my_gestures my_gestures.tflite"],
        "docs/export.md shows how to run the file in Python, on Android, and on a Raspberry Pi.",
    )
    parser.add_argument("model", metavar="MODEL", type=Path, help="the folder of a model that `learn --save` wrote")
    parser.add_argument("file", metavar="FILE", type=Path, help="the file to write, whose name ends in .tflite")
    options = parser.parse_args(arguments)
    written = export(options.model, options.file)
    labels = load_litert(written).labels or []
    print(f"{written}: {written.stat().st_size / 1e6:.1f} MB, {len(labels)} labels: {', '.join(labels)}")


def export(folder: str | os.PathLike, path: str | os.PathLike) -> Path:
    """Write a learned MoViNet as one file for LiteRT, with its labels and its card.

    Parameters
    ----------
    folder : str or Path
        What `helpers.models.learned.saving.save` wrote for a MoViNet.
    path : str or Path
        The file to write; its name ends in `.tflite`. Only a file that was exported before is replaced.

    Returns
    -------
    Path
        The file. Its signature has MoViNet's inputs: `image`, float32 `[1, 1, S, S, 3]`, from 0 to 1, and the states. The
        outputs are `logits` and `probabilities` of the labels, float32 `[1, labels]`, and the states. `labels.txt`, one label a
        line in UTF-8, and `model_card.json` are in an archive (zip) at its end, as LiteRT's metadata describe.

    Raises
    ------
    ModelError
        If the folder is not a learned MoViNet, or is damaged; if the file is in it, exists and was not exported, or has another
        ending; or if LiteRT computes other logits from it than from the folder.
    OSError
        If the file cannot be written.
    """
    folder, path = expanded(folder), expanded(path)
    require_learned_movinet(folder)
    require_exportable_to(path, folder)
    learned = load_learned(folder)
    content = exported(folder, learned)
    require_equal(content, learned, path)
    replace_file(path, content)
    return path


def require_learned_movinet(folder: Path) -> None:
    """Raise ModelError unless a folder contains a MoViNet of learned actions."""
    if (folder / NETWORK).is_file() and (folder / CLASSIFIER).is_file():
        return
    if not folder.exists():
        raise ModelError(f"{folder} does not exist. Name the folder that the command `learn` saved with --save.")
    if (folder / "saved_model.pb").is_file() and (folder / CARD).is_file():
        raise ModelError(
            f"{folder} was learned with I3D, which needs TensorFlow and whole clips, so it cannot be exported for LiteRT. Learn "
            "the actions with MoViNet, a small network that predicts frame by frame: --model movinet-a0."
        )
    missing = NETWORK if not (folder / NETWORK).is_file() else CLASSIFIER
    raise ModelError(
        f"{folder} is not a model of learned actions: {missing} is missing. Name the folder that `learn --save` wrote."
    )


def require_exportable_to(path: Path, folder: Path) -> None:
    """Raise ModelError unless a file may be written at a path, which is not in the model's folder."""
    if path.suffix.lower() != ".tflite":
        raise ModelError(f"{path} must end in .tflite, so that other programs know what it is. Choose such a name.")
    if folder.resolve() in path.resolve().parents:
        raise ModelError(f"{path} is in the folder of the model, which contains only its own files. Choose another folder.")
    if path.exists() and not is_exported(path):
        raise ModelError(f"{path} exists and was not exported from a learned model, so it was not replaced. Choose another name.")


def is_exported(path: Path) -> bool:
    """Return whether a file was exported from a learned model, and is not damaged."""
    try:
        return path.is_file() and CARD in files_in(path.read_bytes())
    except zipfile.BadZipFile:
        return False


def exported(folder: Path, learned: VideoModel) -> bytes:
    """Return the content of the exported file: the network, standardization, the classifier with its rejection, and softmax."""
    classifier = read_classifier(folder)
    graph = Graph((folder / NETWORK).read_bytes())
    rows = standardized(graph, graph.output("logits"))
    logits = graph.linear(rows, classifier.weights, classifier.bias)
    if classifier.rejection:
        logits = with_none(graph, rows, logits, classifier.rejection)
    graph.replace_output("logits", logits)
    graph.add_output(PROBABILITIES, graph.add("SOFTMAX", logits, width=graph.width(logits), beta=1.0))
    size, fps = learned.input.size, learned.input.fps
    known = {
        "image": f"The next frame, at {fps:g} frames per second: RGB from 0 to 1, the center square, at {size} x {size} pixels.",
        "logits": f"Logits after this frame, one for each line of {LABELS_NAME}.",
        PROBABILITIES: f"Probabilities after this frame, one for each line of {LABELS_NAME}.",
    }
    inputs, outputs = ({name: known.get(name, STATE) for name in names} for names in graph.names())
    labels = {name: LABELS_NAME for name in ("logits", PROBABILITIES)}
    metadata = model_metadata(learned.name, DESCRIPTION, inputs, outputs, labels)
    text = "".join(f"{label}\n" for label in learned.labels or [])
    return graph.to_bytes(metadata, {LABELS_NAME: text.encode(), CARD: (folder / CARD).read_bytes()})


def standardized(graph: Graph, logits: int) -> int:
    """Add what `helpers.basics.statistics.standardize` computes."""
    centered = graph.binary("SUB", logits, graph.reduce("MEAN", logits))
    variance = graph.reduce("MEAN", graph.binary("MUL", centered, centered))
    return graph.binary("MUL", centered, graph.inverse_root(variance))


def with_none(graph: Graph, rows: int, logits: int, rejection: Rejection) -> int:
    """Add the logit of "none of these", as `Classifier` and `Rejection.similarity` compute it."""
    white = graph.linear(rows, rejection.whitening, -rejection.center @ rejection.whitening)
    squared = graph.reduce("SUM", graph.binary("MUL", white, white))
    scale = graph.inverse_root(squared)
    products = graph.linear(white, SHARPNESS * rejection.means.T, np.zeros(len(rejection.means)))
    cosine = graph.reduce("REDUCE_MAX", graph.binary("MUL", products, scale))
    distance = graph.binary("MUL", graph.binary("MUL", squared, scale), graph.number(SHARPNESS / rejection.reach))
    beyond = graph.binary("MAXIMUM", graph.binary("SUB", distance, graph.number(SHARPNESS)), graph.number(0))
    similarity = graph.binary("SUB", cosine, beyond)
    below = graph.binary("SUB", graph.number(SHARPNESS * rejection.threshold), similarity)
    none = graph.binary("ADD", graph.reduce("REDUCE_MAX", logits), below)
    return graph.add("CONCATENATION", logits, none, width=graph.width(logits) + 1, axis=1)


def require_equal(content: bytes, learned: VideoModel, path: Path) -> None:
    """Raise ModelError if an exported file and the model that it was made from have other logits for a few random frames."""
    model = litert_model(content, path.name, path.stem, learned.labels)
    frames = np.random.default_rng(0).integers(0, 256, (CHECKED, model.input.size, model.input.size, 3), np.uint8)
    with learned.start() as stream, model.start() as other:
        difference = max(float(np.abs(stream.step(frame) - other.step(frame)).max()) for frame in frames)
    if not difference <= TOLERANCE:
        raise ModelError(
            f"The exported model's logits differ by {difference:.2g} from those of {learned.name}, so {path} was not written. "
            "Another version of the package ai-edge-litert may help."
        )
