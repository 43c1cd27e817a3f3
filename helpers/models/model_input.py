"""What a model needs of a video: size, value range, crop, and frame rate."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..video.preprocessing import I3D_CROP_FRACTION, I3D_FPS, I3D_MIN_FRAMES, I3D_SIZE, I3D_VALUE_RANGE


@dataclass(frozen=True)
class ModelInput:
    """The frames that a model was trained on."""

    size: int  # height and width, in pixels
    value_range: tuple[float, float]  # of black and white
    crop_fraction: float  # side of the center square as a fraction of the shorter side of the video
    fps: float  # frames per second
    min_frames: int  # of the shortest clip that the model accepts
    channels: int = field(default=3, repr=False)  # 2: optical flow; not in the text, which is part of the keys of caches


I3D_INPUT = ModelInput(I3D_SIZE, I3D_VALUE_RANGE, I3D_CROP_FRACTION, I3D_FPS, I3D_MIN_FRAMES)
FLOW_INPUT = replace(I3D_INPUT, channels=2)


def input_of(model: Callable) -> ModelInput:
    """Return the input of any model that `predict` accepts; I3D's input for a callable without one.

    Raises ValueError if the model needs optical flow, because whoever asks has RGB frames.
    """
    found = getattr(model, "input", None)
    if not isinstance(found, ModelInput):
        return I3D_INPUT
    if found.channels != 3:
        raise ValueError(
            f"{getattr(model, 'name', 'the model')} needs optical flow, float32 [N, T, {found.size}, {found.size}, 2], not RGB "
            "frames. Call the model itself with a batch of flow, or load a network for RGB, such as "
            "load_i3d(weights='rgb_imagenet')."
        )
    return found
