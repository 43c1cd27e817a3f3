"""The 30-second animations of the lessons."""

import base64
import json
import re

import nbformat
import numpy as np
import pytest
from PIL import Image, ImageSequence

from helpers.video.writing import write_video
from tests.support import TOP
from tools.render.lesson_pictures import SLIDES, animate, frames_of, question, slides

NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))
PAGES = [*TOP.glob("*.md"), *sorted((TOP / "docs").glob("*.md")), *NOTEBOOKS]


def picture(stem):
    return TOP / "pictures" / f"lesson_{stem[:2]}.gif"


def seconds_of(path):
    """Return the duration of each frame."""
    with Image.open(path) as animation:
        return [frame.info["duration"] / 1000 for frame in ImageSequence.Iterator(animation)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_lesson_has_an_animation_of_thirty_seconds(path):
    seconds = seconds_of(picture(path.stem))
    assert 25 <= sum(seconds) <= 35
    assert 6 <= len(SLIDES[path.stem].split()) + 1 <= 9
    assert picture(path.stem).stat().st_size < 800_000
    with Image.open(picture(path.stem)) as animation:
        assert (animation.width, animation.info["loop"]) == (640, 0)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_slides_show_cells_that_the_notebook_has(path):
    """If this fails, change SLIDES and run: python -m tools.render.lesson_pictures"""
    shown = [cell.id for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code" and cell.outputs]
    assert set(SLIDES[path.stem].split()) <= set(shown)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_it_has_an_alternative_text_wherever_it_is_used(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown")
    for used in re.findall(r"!\[[^]]*\]\([^)]*lesson_\d\d\.gif\)|<img[^>]*lesson_\d\d\.gif[^>]*>", text):
        assert re.search(r'!\[[^]]{20,}\]|alt="[^"]{20,}"', used), used


def test_it_can_be_made_again(tmp_path):
    notebook = NOTEBOOKS[-1]
    shown = slides(notebook)
    animate(shown, "A title", tmp_path / "made.gif")
    assert len(shown) == len(SLIDES[notebook.stem].split()) + 1
    assert sum(seconds_of(tmp_path / "made.gif")) == pytest.approx(30, abs=0.1)


def test_a_cell_that_is_missing_is_named(tmp_path):
    notebook = nbformat.read(NOTEBOOKS[-1], as_version=4)
    [cell] = [cell for cell in notebook.cells if cell.id == "cost-code"]
    cell.outputs = []
    nbformat.write(notebook, tmp_path / NOTEBOOKS[-1].name)
    with pytest.raises(SystemExit, match="no cells with outputs named cost-code"):
        slides(tmp_path / NOTEBOOKS[-1].name)


@pytest.mark.parametrize("count, shown", [(1, 1), (15, 15), (16, 16), (48, 16)])
def test_a_stored_video_of_any_length_becomes_an_animation(count, shown, tmp_path):
    path = write_video(np.zeros((count, 16, 16, 3), np.uint8), tmp_path / "stored.mp4")
    html = f'<video src="data:video/mp4;base64,{base64.b64encode(path.read_bytes()).decode()}">'
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", {"text/html": html})])
    assert len(frames_of(cell)[0]) == shown


def test_the_question_of_a_slide_is_the_last_one_in_bold():
    assert question("**Note.** What? **First?** **Is [it](page.md) *true*?** <details>**Hidden?**</details>") == "Is it true?"
    assert question("**Guess.** Nothing is asked.") == ""
