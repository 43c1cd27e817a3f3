"""A causal network that LiteRT runs, and its states, which stay in the interpreter."""

from collections.abc import Callable

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from ...basics.messages import ModelError
from ...basics.quiet import quiet_stderr


class Advance:
    """A function from the next frame to logits, with the states of one stream; see `helpers.models.stream`.

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
        or outputs.keys() != states | {"logits"}
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
