"""Make the README's picture: a sample clip next to its prediction.

Run from the top folder: python -m tools.render.result_picture
"""

from pathlib import Path

import numpy as np

from helpers import Prediction, kinetics_labels, load_i3d, predict, read_video, samples, to_gif

TOP = Path(__file__).resolve().parents[2]

CLIP = "v_Cartwheel_g01_c01.avi"


def chart(prediction: Prediction, size: int = 224) -> np.ndarray:
    """Draw the top actions as bars; return uint8 `[size, 2 * size, 3]`."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(2 * size / 100, size / 100), dpi=100, layout="constrained")
    labels, probabilities = zip(*reversed(prediction.top))
    bars = axis.barh(labels, [100 * probability for probability in probabilities], color="#2f5d9b")
    axis.bar_label(bars, fmt="%.0f%%", padding=4)
    axis.set(xlim=(0, 115), xticks=[])
    axis.tick_params(left=False, labelsize=12)
    axis.spines[:].set_visible(False)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]


def main():
    frames = read_video(samples[CLIP])
    bars = chart(predict(load_i3d(), kinetics_labels(), frames))
    (TOP / "pictures").mkdir(exist_ok=True)
    shown = frames[::2]
    film = np.concatenate([shown, np.broadcast_to(bars, (len(shown), *bars.shape))], axis=2)
    to_gif(film, fps=12.5, path=TOP / "pictures" / "result.gif")


if __name__ == "__main__":
    main()
