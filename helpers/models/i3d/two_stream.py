"""Two-stream I3D: a network for RGB, one for optical flow, and the sum of their logits.

Carreira & Zisserman, "Quo Vadis, Action Recognition?", CVPR 2017, section 2.4.
"""

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...video.optical_flow import check_flow
from ...video.preprocessing import check_frames
from ...video.resampling import Rate
from ..video_model import I3D_INPUT, VideoModel

TWO_STREAM_INPUT = replace(I3D_INPUT, channels=5)


@dataclass(frozen=True, eq=False)
class Streams:
    """A clip for a two-stream model, as its `read_video` returns it. Its length is T.

    Attributes
    ----------
    rgb : numpy.ndarray
        uint8 `[T, 224, 224, 3]`, as `read_video` returns it, without the last frame.
    flow : numpy.ndarray
        float32 `[T, 224, 224, 2]`, from each of these frames to the next, as `read_flow` returns it.
    """

    rgb: np.ndarray
    flow: np.ndarray

    def __post_init__(self) -> None:
        check_frames(self.rgb)
        check_flow(self.flow)
        if len(self.rgb) != len(self.flow):
            raise ValueError(
                f"there are {len(self.rgb)} frames and {len(self.flow)} flow fields, but the numbers must be equal: leave "
                "out the last frame, from which no flow starts."
            )

    def __len__(self) -> int:
        return len(self.rgb)


class TwoStreamModel(VideoModel):
    """Two networks as one model: its logits are the sum of theirs, with equal weights, as in the authors' code.

    A batch is a pair, RGB and flow, and the outputs are the logits "default", "RGB" and "flow".
    """

    def __init__(self, rgb: VideoModel, flow: VideoModel, name: str) -> None:
        super().__init__(self._add, TWO_STREAM_INPUT, rgb.labels, name)
        self.rgb, self.flow, self.streams = rgb, flow, ("RGB", "flow")
        self.fingerprint = f"{rgb.fingerprint}+{flow.fingerprint}"

    def __call__(self, batch: Any) -> dict:
        """Run both networks on a pair of batches, float32 `[N, T, 224, 224, 3]` and `[N, T, 224, 224, 2]`."""
        return self.function(batch)

    def _add(self, batch: Any) -> dict:
        rgb, flow = (np.asarray(model(part)["default"]) for model, part in zip((self.rgb, self.flow), batch, strict=True))
        return {"default": rgb + flow, "RGB": rgb, "flow": flow}

    def _read_flow(self, path: str | os.PathLike, max_frames: int | None, fps: Rate, method: str) -> Streams:
        flow = self.flow.read_video(path, max_frames, fps=fps, flow=method)
        return Streams(self.rgb.read_video(path, len(flow), fps=fps), flow)

    def to_batch(self, frames: Any, value_range: tuple[float, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return a clip, as `read_video` returns it, as a pair of batches; raise ValueError for another clip."""
        if not isinstance(frames, Streams):
            found = f"{frames.dtype} {list(frames.shape)}" if isinstance(frames, np.ndarray) else f"a {type(frames).__name__}"
            raise ValueError(
                f"frames are {found}, but {self.name} needs RGB frames and their optical flow: pass model.read_video(path), or "
                "Streams(frames, flow)."
            )
        return self.rgb.to_batch(frames.rgb, value_range), self.flow.to_batch(frames.flow)
