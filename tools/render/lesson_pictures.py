"""Make a 30-second animation of each lesson from its executed notebook: pictures/lesson_01.gif to lesson_06.gif.

Run from the top folder: python -m tools.render.lesson_pictures

Each slide shows what is stored in one cell: a picture, a prediction as bars, or printed text. Above it are the heading of its
section and the question that the notebook asks before the cell, so that the slides say what the notebooks say.
"""

import base64
import functools
import io
import re
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import av
import nbformat
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont, ImageSequence

from helpers.basics.files import replacing

TOP = Path(__file__).resolve().parents[2]
SLIDES = {  # cells of the notebooks, a picture first; no notebook stores pictures of real people
    "01_recognize_actions": """
        play-the-cartwheel predict-the-cartwheel one-frame-of-the-back-flip six-frames-of-the-back-flip
        without-the-color-of-the-lawn real-clips-and-motion predict-a-side-kick predict-a-walk""",
    "02_your_own_video": """
        print-the-timeline score-the-example draw-the-test-videos score-each-window annotate-the-video""",
    "03_why_three_dimensions": """
        moving-squares-code-2 two-networks-code-2 backward-code inflate-by-hand-code undo-the-inflation-code
        first-filters-code-2 draw-the-flow""",
    "04_teach_it_your_actions": """
        features-of-a-clip nearest-mean the-leak-code by-pair real-learning-curve none-of-these-code save-and-load""",
    "05_do_not_fool_yourself": """
        perturbed-clips interval-by-hand time-code-3 shuffled-hugs calibration-code grad-cam-code occlusion-code""",
    "06_newer_and_live": """
        movinet-frame-by-frame convolve-by-hand stream-buffer-code running-mean-code what-it-needs-code accuracy cost-code""",
}
SECONDS = 30
SIZE = WIDTH, HEIGHT = 640, 420
MARGIN = 20
BOX = WIDTH - 2 * MARGIN, 262  # the space for a picture
GAP = 20
CLIP, MOST_FRAMES = (600, 200), 16  # of an animation
VIDEO_FPS = 5  # of a video, which is shown in fast motion
COLORS = 64
INK, GRAY, BLUE, PAPER = "#1b2a3a", "#5f6b78", "#2f5d9b", "#ffffff"


class Slide(NamedTuple):
    """A heading, one picture or the frames of an animation, and a question."""

    heading: str
    frames: list[Image.Image]
    question: str = ""
    fps: float = 1


@functools.cache
def font(size: int, bold: bool = False, mono: bool = False) -> ImageFont.FreeTypeFont:
    """Return DejaVu, which comes with Matplotlib, so that every computer draws the same letters."""
    family = "DejaVu Sans Mono" if mono else "DejaVu Sans"
    return ImageFont.truetype(
        font_manager.findfont(font_manager.FontProperties(family=[family], weight="bold" if bold else "normal")), size
    )


def plain(markdown: str) -> str:
    """Return Markdown as text.

    >>> plain("**Is [it](page.md#x) *true*?** <details><summary>Answer</summary>Yes.</details>")
    'Is it true? '
    """
    text = re.sub(r"<details>.*?</details>", "", markdown, flags=re.S)
    return re.sub(r"[*`]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text))


def question(markdown: str) -> str:
    """Return the last question in bold, or nothing.

    >>> question("**Note.** A clip. **What is it? And why?** Decide.")
    'What is it? And why?'
    """
    bold = re.findall(r"\*\*((?:(?!\*\*).)+\?)\*\*", re.sub(r"<details>.*?</details>", "", markdown, flags=re.S))
    return plain(bold[-1]) if bold else ""


def frames_of(cell: nbformat.NotebookNode) -> tuple[list[Image.Image], float]:
    """Return the frames of the first picture, animation, or video that is stored in a cell, and how many are shown per second."""
    for output in cell.outputs:
        data = output.get("data", {})
        if "image/png" in data:
            return [Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")], 1
        if found := re.search(r"data:(image/gif|video/mp4);base64,([^\"]+)", data.get("text/html", "")):
            stored = io.BytesIO(base64.b64decode(found[2]))
            if found[1] == "video/mp4":
                with av.open(stored) as video:
                    frames = [frame.to_image() for frame in video.decode(video=0)]
                return frames[:: max(1, len(frames) // MOST_FRAMES)], VIDEO_FPS
            picture = Image.open(stored)
            frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(picture)]
            every = 1 + len(frames) // (MOST_FRAMES + 1)
            return frames[::every], 1000 / picture.info["duration"] / every
    return [], 1


def prediction_of(cell: nbformat.NotebookNode) -> list[tuple[str, float]]:
    """Return the labels and the percentages of the prediction that is stored in a cell."""
    text = "\n".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
    _, _, listed = text.partition("Top actions:")
    return [(label, float(value)) for label, value in re.findall(r"^ *(.+?): +([\d.]+)%$", listed, flags=re.M)]


def text_of(cell: nbformat.NotebookNode) -> str:
    """Return what a cell printed, and the text of its tables."""
    printed = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join(part.strip("\n") for part in printed if not part.startswith("<"))  # not <IPython…object>


def fitted(picture: Image.Image, width: int = BOX[0], height: int = BOX[1]) -> Image.Image:
    """Scale a picture to fit into a box; small ones at most to twice their size."""
    factor = min(width / picture.width, height / picture.height, 2)
    return picture.resize((round(factor * picture.width), round(factor * picture.height)), Image.Resampling.LANCZOS)


def drawn_text(text: str) -> Image.Image:
    """Draw printed text in the largest letters that fit."""
    text = "\n".join(part for line in text.splitlines() for part in textwrap.wrap(line, 64, subsequent_indent="    ") or [""])
    for size in range(24, 7, -1):
        letters = font(size, mono=True)
        left, top, right, bottom = ImageDraw.Draw(Image.new("RGB", SIZE)).multiline_textbbox((0, 0), text, letters, spacing=6)
        if right - left <= BOX[0] and bottom - top <= BOX[1]:
            break
    picture = Image.new("RGB", (int(right) + 1, int(bottom) + 1), PAPER)
    ImageDraw.Draw(picture).multiline_text((0, 0), text, INK, letters, spacing=6)
    return picture


def drawn_bars(prediction: list[tuple[str, float]], width: int) -> Image.Image:
    """Draw a prediction: labels, each with a bar and a percentage below it."""
    picture = Image.new("RGB", (width, 50 * len(prediction)), PAPER)
    draw = ImageDraw.Draw(picture)
    for i, (label, percent) in enumerate(prediction):
        draw.text((0, 50 * i), label, INK, font(16))
        length = round((width - 70) * percent / 100)
        draw.rectangle((0, 50 * i + 24, max(length, 1), 50 * i + 38), BLUE)
        draw.text((length + 8, 50 * i + 22), f"{percent:.0f}%", INK, font(15))
    return picture


def joined(first: Image.Image, second: Image.Image, place: tuple[int, int]) -> Image.Image:
    """Return a picture and a second one, whose upper left corner is at a place beside it or below it."""
    width, height = max(first.width, place[0] + second.width), max(first.height, place[1] + second.height)
    both = Image.new("RGB", (width, height), PAPER)
    both.paste(first, (0, 0))
    both.paste(second, place)
    return both


def slide_of(cell: nbformat.NotebookNode, heading: str, asked: str) -> Slide:
    """Return the slide of a code cell."""
    (frames, fps), prediction = frames_of(cell), prediction_of(cell)
    if not frames:
        frames = [drawn_bars(prediction, 480) if prediction else drawn_text(text_of(cell))]
    elif len(frames) > 1:
        frames = [fitted(frame, *CLIP) for frame in frames]
        if prediction:
            bars = drawn_bars(prediction, BOX[0] - frames[0].width - GAP)
            frames = [joined(frame, bars, (frame.width + GAP, 0)) for frame in frames]
    elif prediction:
        bars = drawn_bars(prediction, BOX[0])
        picture = fitted(frames[0], height=BOX[1] - bars.height - GAP)
        frames = [joined(picture, bars, (0, picture.height + GAP))]
    else:
        frames = [fitted(frames[0])]
    return Slide(heading, frames, asked, fps)


def title_slide(notebook: nbformat.NotebookNode, number: str) -> Slide:
    """Return the last slide: what you'll do, and what you'll learn."""
    text = notebook.cells[0].source
    rows = dict(re.findall(r"^\| \*\*(What you'll \w+)\*\* \| (.+) \|$", text, flags=re.M))
    picture = Image.new("RGB", BOX, PAPER)
    draw, y = ImageDraw.Draw(picture), 0
    for name, sentence in rows.items():
        draw.text((0, y), name, BLUE, font(17, bold=True))
        lines = textwrap.wrap(plain(sentence), 62)
        draw.multiline_text((0, y + 28), "\n".join(lines), INK, font(17), spacing=7)
        y += 28 + 25 * len(lines) + 16
    return Slide(f"Lesson {int(number)}", [picture])


def slides(path: Path) -> list[Slide]:
    """Return the slides of a notebook; exit if a cell is missing, or has no stored output."""
    notebook, chosen = nbformat.read(path, as_version=4), SLIDES[path.stem].split()
    found, heading, asked = {}, "", ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            titles = re.findall(r"^##+ (.+)$", cell.source, flags=re.M)
            heading = plain(titles[-1]) if titles else heading
            asked = question(cell.source) or ("" if titles else asked)
        elif cell.id in chosen and cell.outputs:
            found[cell.id] = slide_of(cell, heading, asked)
    missing = [name for name in chosen if name not in found]
    if missing:
        sys.exit(f"{path.name} has no cells with outputs named {', '.join(missing)}. Change SLIDES, or run make notebooks.")
    return [*(found[name] for name in chosen), title_slide(notebook, path.stem[:2])]  # a page shows the first one until it moves


def page(slide: Slide, frame: Image.Image, title: str, progress: float) -> Image.Image:
    """Draw one frame of a slide."""
    canvas = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.text((MARGIN, 14), title, GRAY, font(14))
    draw.text((MARGIN, 38), slide.heading, INK, font(21, bold=True))
    lines = textwrap.wrap(slide.question, 72)
    draw.multiline_text((MARGIN, 74), "\n".join(lines), BLUE, font(15), spacing=5)
    space = 74 + 21 * len(lines), HEIGHT - 14  # what is left for the picture, from top to bottom
    canvas.paste(frame, ((WIDTH - frame.width) // 2, (sum(space) - frame.height) // 2))
    draw.rectangle((0, HEIGHT - 5, round(WIDTH * progress), HEIGHT), BLUE)
    return canvas


def palette_of(picture: Image.Image) -> Image.Image:
    """Return a picture with the palette for a slide, in which nearly white is white, as on the other slides."""
    adapted = picture.quantize(COLORS, method=Image.Quantize.MEDIANCUT)
    colors = adapted.getpalette()
    triples = [colors[i : i + 3] for i in range(0, len(colors), 3)]
    adapted.putpalette([value for color in triples for value in ([255, 255, 255] if min(color) > 245 else color)])
    return adapted


def animate(shown: list[Slide], title: str, path: Path) -> None:
    """Write the slides as a GIF that plays forever. Animations play once, and then stand still."""
    images, durations, each = [], [], 1000 * SECONDS // len(shown)
    for number, slide in enumerate(shown, start=1):
        pages = [page(slide, frame, title, number / len(shown)) for frame in slide.frames]
        palette = palette_of(joined(pages[0], pages[-1], (WIDTH, 0)))
        images += [one.quantize(palette=palette, dither=Image.Dither.NONE) for one in pages]
        frame = round(1000 / slide.fps)
        durations += [frame] * (len(pages) - 1) + [each - frame * (len(pages) - 1)]
    with replacing(path) as part:
        images[0].save(part, "GIF", save_all=True, append_images=images[1:], duration=durations, loop=0)


def main(folder: Path = TOP / "pictures") -> None:
    folder.mkdir(exist_ok=True)
    for stem in SLIDES:
        notebook = TOP / "notebooks" / f"{stem}.ipynb"
        title = nbformat.read(notebook, as_version=4).cells[0].source.splitlines()[0].removeprefix("# ")
        path = folder / f"lesson_{stem[:2]}.gif"
        animate(slides(notebook), title, path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
