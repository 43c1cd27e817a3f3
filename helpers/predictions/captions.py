"""Draw captions below frames, in any language and at any width."""

import warnings
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.font_manager import findSystemFonts
from matplotlib.ft2font import FT2Font
from PIL import Image, ImageDraw, ImageFont

from ..basics.messages import without_secrets
from ..video.reading import VideoReader
from ..video.sound import SoundReader
from ..video.writing import require_other_file, write_video
from .timeline import Timeline

HEIGHT, MARGIN = 24, 6  # pixels
# Size of the letters in pixels, and the baseline of each line, from the first choice to the last.
LAYOUTS = ((14, (17,)), (12, (16,)), (10, (16,)), (10, (10, 21)), (9, (10, 21)), (8, (10, 21)))


def annotate(video: str | Path, timeline: Timeline, path: str | Path) -> Path:
    """Write a copy of a video with the top-1 action and its probability in a caption under each frame; return its path.

    The copy has the sound, the duration and the frame rate of the video, but at most 60 frames per second. A video with a
    variable rate is resampled, so that frames, captions and sound stay synchronized. Frames that the timeline does not cover,
    such as those after an interruption, have no caption.

    Parameters
    ----------
    video : str or Path
        The video of the timeline.
    timeline : Timeline
        A timeline from `predict_timeline`.
    path : str or Path
        The video to write; its name ends as in `join_clips`. Its sound is AAC in stereo.

    Warns
    -----
    UserWarning
        If some of the picture or the sound cannot be decoded, or no font of this computer has the characters of a label.

    Raises
    ------
    OSError, VideoError
        If the video cannot be decoded, or the copy cannot be written.
    ValueError
        If the timeline is empty, the suffix of `path` is not supported, or `path` is the video itself.
    """
    timeline.require_predictions()
    require_other_file(path, video)
    captions = [f"{timeline.labels[row.argmax()]} {row.max():.0%}" for row in timeline.probabilities]
    if characters := undrawable("".join(captions)):
        warnings.warn(f"no font of this computer has {characters!r}: the captions show boxes instead.", stacklevel=2)

    reader, sound = VideoReader(video), SoundReader(video)
    # The file's rate, but not lower than that of the predictions; a browser's recording may state 1000.
    fps = reader.fps = min(max(reader.metadata.motion_fps, timeline.fps / timeline.step), 60)
    frames = iter(reader)
    first = next(frames)  # then, the time at which it is shown is known

    def annotated():
        for i, frame in enumerate(chain([first], frames)):
            distances = np.abs(timeline.seconds - (reader.start + i / fps))
            nearest = int(distances.argmin())
            is_near = distances[nearest] * timeline.fps <= timeline.step + 0.5  # a prediction needs two steps
            yield np.vstack([frame, caption_bar(captions[nearest] if is_near else "", frame.shape[1])])

    written = write_video(annotated(), path, fps, start=reader.start, sound=sound)
    if notes := " ".join(filter(None, [reader.note, sound.note])):
        warnings.warn(without_secrets(f"{video}: {notes}"), stacklevel=2)
    return written


@lru_cache(maxsize=1000)
def caption_bar(text: str, width: int) -> np.ndarray:
    """Return white text on black, uint8 `[24, width, 3]`.

    If the words do not fit, they are drawn smaller or in two lines; if that is not enough, the end of the text before its last
    word is left out, so that a probability stays.
    """
    bar = Image.new("RGB", (width, HEIGHT))
    draw = ImageDraw.Draw(bar)
    font, baselines, lines = fit(text, width - 2 * MARGIN)
    for baseline, line in zip(baselines, lines):
        draw.text((MARGIN, baseline), line, font=font, fill="white", anchor="ls")
    return np.asarray(bar)


def fit(text: str, width: int) -> tuple[ImageFont.FreeTypeFont, tuple[int, ...], list[str]]:
    """Return the first layout in which a caption fits into `width` pixels: its font, baselines and lines."""
    path = font_of(frozenset(filter(str.isprintable, text)))
    for shown in shortened(text):
        for size, baselines in LAYOUTS:
            font = load(path, size)
            lines = wrap(shown, font, width)
            if len(lines) <= len(baselines) and all(font.getlength(line) <= width for line in lines):
                return font, baselines, lines
    return font, baselines, lines  # the frame is narrower than a probability


load = lru_cache(maxsize=100)(ImageFont.truetype)


def shortened(text: str) -> Iterator[str]:
    """Yield a text, then ever shorter ones that keep the last word.

    >>> list(shortened("run 9%"))
    ['run 9%', 'ru… 9%', 'r… 9%', '9%']
    """
    yield text
    label, _, last = text.rpartition(" ")
    yield from (f"{label[:end].rstrip()}… {last}" for end in range(len(label) - 1, 0, -1))
    yield last


def wrap(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Return the lines of a text that are `width` pixels wide, unless a single word is wider."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def undrawable(text: str) -> str:
    """Return the characters of a text that no font of this computer has; boxes are drawn instead."""
    characters = frozenset(filter(str.isprintable, text))
    return "".join(sorted(characters - has(font_of(characters), characters)))


@lru_cache(maxsize=1000)
def font_of(characters: frozenset[str]) -> str:
    """Return the file of the font with most of these characters: matplotlib's own, or else one of this computer."""
    own = str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"))
    if has(own, characters) == characters:
        return own
    return max([own, *sorted(findSystemFonts())], key=lambda path: len(has(path, characters)))


def has(path: str, characters: frozenset[str]) -> frozenset[str]:
    """Return the characters that a font has; none if it cannot be drawn at any size."""
    try:
        font = FT2Font(path)
        return characters.intersection(map(chr, font.get_charmap())) if font.scalable else frozenset()
    except (OSError, RuntimeError):
        return frozenset()
