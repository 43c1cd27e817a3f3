"""What a model needs of a video: size, value range, crop, and frame rate."""

from collections.abc import Callable
from dataclasses import dataclass

from ..video.preprocessing import I3D_CROP_FRACTION, I3D_FPS, I3D_MIN_FRAMES, I3D_SIZE, I3D_VALUE_RANGE


@dataclass(frozen=True)
class ModelInput:
    """The frames that a model was trained on."""

    size: int  # height and width, in pixels
    value_range: tuple[float, float]  # of black and white
    crop_fraction: float  # side of the center square as a fraction of the shorter side of the video
    fps: float  # frames per second
    min_frames: int  # of the shortest clip that the model accepts


I3D_INPUT = ModelInput(I3D_SIZE, I3D_VALUE_RANGE, I3D_CROP_FRACTION, I3D_FPS, I3D_MIN_FRAMES)


def input_of(model: Callable) -> ModelInput:
    """Return the input of any model that `predict` accepts; I3D's input for a callable without one."""
    found = getattr(model, "input", None)
    return found if isinstance(found, ModelInput) else I3D_INPUT
