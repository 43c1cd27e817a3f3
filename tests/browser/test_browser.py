"""The notebooks in JupyterLab: a browser opens and runs them with clicks, and the tests read the page.

Notebook 01 plays clips of UCF101, from a server on 127.0.0.1.
"""

import io
import json
import re
import shutil
import time

import pytest

from tests.support import TOP
from tests.support.axe import findings
from tests.support.lab import CLICK, START, choose, jupyterlab, kernels, request
from tests.support.ucf101 import allow_private_issuers, cache_of_its_own, serve_ucf101
from tools.notebooks.lab import update

UCF101 = "01_recognize_actions"
# Opened with their stored outputs: they run longer than the others together and output only text and pictures, which
# `make test-notebooks` computes and compares.
STORED = ("02_your_own_video", "03_why_three_dimensions", "05_do_not_fool_yourself")
NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"), key=lambda path: (path.stem in STORED, path))

RUN = 900  # timeout in seconds: a notebook
TABLE = '[aria-label="Categories and counts"]'
OUTPUT = ".jp-CodeCell .jp-OutputArea-output"
READY = """cells => document.querySelectorAll(".jp-CodeCell").length === cells
    && document.querySelector(".jp-Toolbar-kernelName").textContent.includes("Python")
    && document.querySelector(".jp-Notebook-ExecutionIndicator").dataset.status === "idle"
"""
ENDED = """() => {
    const status = document.querySelector(".jp-Notebook-ExecutionIndicator").dataset.status;
    const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].map(prompt => prompt.textContent);
    const failed = document.querySelector('.jp-Dialog, [data-mime-type="application/vnd.jupyter.error"]');
    return failed || (status === "idle" && prompts.every(prompt => /[0-9]/.test(prompt)));
}"""

CORNER = {"x": 1, "y": 700}  # a click there moves the keyboard focus to the slides
SLIDE = """() => {
    const slide = document.querySelector("section.present:not(.stack)");
    const visible = cell => slide.contains(cell) && cell.checkVisibility({visibilityProperty: true, opacityProperty: true});
    const cells = [...document.querySelectorAll(".jp-Cell")];
    const box = slide.getBoundingClientRect();
    return {
        cells: cells.map((_, i) => i).filter(i => visible(cells[i])),
        cut: box.right > innerWidth || box.bottom > innerHeight
            || (slide.scrollHeight > slide.clientHeight && getComputedStyle(slide).overflowY !== "scroll"),
    };
}"""


def notebooks(*names):
    """Run a test with these notebooks only."""
    paths = [path for path in NOTEBOOKS if path.stem in names]
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem, indirect=True, scope="module")


needs_kernel = notebooks(*(path.stem for path in NOTEBOOKS if path.stem not in STORED))


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture(scope="module")
def ucf101(tmp_path_factory):
    """A server of UCF101, and environment variables for its clients."""
    folder = tmp_path_factory.mktemp("ucf101")
    with serve_ucf101(folder) as (server, variables):
        yield server, variables | cache_of_its_own(folder / "cache")


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory, ucf101):
    """A copy of the tutorial without stored outputs, so that every output on the page is new, except in one notebook."""
    import nbformat

    copy = tmp_path_factory.mktemp("tutorial")
    for folder in ("helpers", "notebooks", "samples"):
        shutil.copytree(TOP / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    for path in (copy / "notebooks").glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        if path.stem == UCF101:
            cells[0].source = f"import os\nos.environ.update({ucf101[1]!r})\n{cells[0].source}"
        for cell in cells if path.stem not in STORED else []:
            cell.update(outputs=[], execution_count=None)
        nbformat.write(notebook, path)
    allow_private_issuers(copy)
    update(copy / "notebooks", copy / "my")
    return copy


@pytest.fixture(scope="module")
def lab(tutorial, tmp_path_factory):
    """JupyterLab with its own configuration, started as `make lab` does; the contents of its runtime file."""
    with jupyterlab(tutorial, tmp_path_factory.mktemp("jupyter"), "my", UCF101_ROOT="https://ucf101.invalid/") as info:
        yield info


@pytest.fixture(scope="module")
def page(browser, lab, path):
    """The page of a notebook that was opened from the file list and run from the menu, in the light theme."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(CLICK * 1000)
    page.goto(f"{lab['url']}lab?reset&token={lab['token']}")
    page.locator(".jp-DirListing-itemText", has_text=path.name).dblclick()
    page.wait_for_function(READY, arg=len(stored_outputs(path)), timeout=START * 1000)
    choose(page, "Settings", "Theme", "JupyterLab Light")
    if path.stem not in STORED:
        choose(page, "Run", "Run All Cells")
        page.wait_for_function(ENDED, timeout=RUN * 1000)
    # Large enough for the complete notebook, so that one screenshot shows all of it.
    first, last = page.locator(".jp-Cell").first.bounding_box(), page.locator(".jp-Cell").last.bounding_box()
    height = int(last["y"] + last["height"] - first["y"])
    page.set_viewport_size({"width": 1400, "height": min(height + 300, 16000)})
    yield page
    page.close()
    for kernel in kernels(lab):
        request(lab, f"api/kernels/{kernel['id']}", "DELETE")  # a loaded model needs gigabytes


def stored_outputs(path):
    """Return the stored outputs of a notebook, one list for each code cell."""
    return [cell["outputs"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def tags_of_code(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell["metadata"].get("tags", []) for cell in cells if cell["cell_type"] == "code"]


def colors(element):
    """Return the number of colors of an element on the screen."""
    from PIL import Image

    return len(Image.open(io.BytesIO(element.screenshot())).convert("RGB").getcolors(2**24))


@needs_kernel
def test_every_cell_runs(path, page, lab):
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
    assert [re.sub(r"\D", "", prompt) for prompt in prompts] == [str(i + 1) for i in range(len(stored_outputs(path)))]
    assert [kernel["execution_state"] for kernel in kernels(lab)] == ["idle"]


def test_no_errors_or_warnings_are_shown(path, page):
    for kind in ("error", "stderr"):
        assert page.locator(f'[data-mime-type="application/vnd.jupyter.{kind}"]').all_inner_texts() == []
    assert page.locator(".progress-bar-danger").count() == 0
    assert page.locator(".jp-Dialog, .Toastify__toast").all_inner_texts() == []
    assert "displaying widget" not in page.locator(".jp-Notebook").inner_text()


def test_cells_with_stored_output_show_output(path, page):
    cells = page.locator(".jp-CodeCell").all()
    empty = [i for i, cell in enumerate(cells) if not cell.locator(".jp-OutputArea-output").count()]
    compared = ["nbval-ignore-output" not in tags for tags in tags_of_code(path)]
    assert not [i + 1 for i in empty if stored_outputs(path)[i] and compared[i]]


def test_the_stored_predictions_are_shown(path, page):
    compared = [outputs for outputs, tags in zip(stored_outputs(path), tags_of_code(path)) if "nbval-ignore-output" not in tags]
    texts = [output.get("text", output.get("data", {}).get("text/plain", "")) for outputs in compared for output in outputs]
    stored = "\n".join("".join(text) for text in texts)
    actions = set(re.findall(r"([a-z][a-z ]*[a-z]):? +[\d.]+%$", stored, flags=re.M))
    if not actions:
        pytest.skip("this notebook does not show the prediction for a clip")
    shown = " ".join(page.locator(OUTPUT).all_inner_texts())
    assert not [action for action in actions if action not in shown]


def test_pictures_and_videos_are_not_blank(path, page):
    pictures = page.locator(f"{OUTPUT} img, {OUTPUT} video").all()
    assert pictures
    assert not [i for i, picture in enumerate(pictures, start=1) if colors(picture) < 10]  # an animation of gray squares has 16


def test_animations_move(path, page):
    animations = page.locator('img[src^="data:image/gif"]').all()
    if not animations:
        pytest.skip("this notebook shows no animation")
    for animation in animations:
        first, deadline = animation.screenshot(), time.monotonic() + CLICK
        while animation.screenshot() == first:
            assert time.monotonic() < deadline, f"does not move: {animation.get_attribute('alt')}"


@notebooks(UCF101)
def test_the_categories_scroll(page):
    table = page.locator(TABLE).last
    assert "13,320 videos in 101 categories" in table.inner_text()
    assert table.locator("tbody tr").count() == 101
    assert table.evaluate("element => element.scrollHeight > element.clientHeight && element.clientHeight < 600")
    table.focus()
    page.keyboard.press("End")
    page.wait_for_function(f"() => [...document.querySelectorAll('{TABLE}')].pop().scrollTop > 0", timeout=CLICK * 1000)


@notebooks(UCF101)
def test_real_clips_play_with_their_predictions(page, ucf101, screenshots):
    cells = page.locator(".jp-CodeCell", has=page.locator('img[alt*="the clip v_"]'))
    assert cells.count() == 2, "the authors' example, and a random clip"
    for number in range(2):
        cell = cells.nth(number)
        assert colors(cell.locator("img").last) > 50
        assert "Probability of each action" in cell.inner_text()
        cell.screenshot(path=screenshots / f"ucf101_{number}.png")
    assert len({request.path for request, _ in ucf101[0].log}) >= 2, "the list and the clip"


@notebooks(UCF101)
def test_ucf101_is_shown_accessibly(page):
    clips = ".jp-CodeCell:has(img[alt*='the clip v_']) .jp-OutputArea"
    assert findings(page, within=[TABLE, clips]) == []


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_text_has_enough_contrast(path, page, theme, screenshots):
    choose(page, "Settings", "Theme", f"JupyterLab {theme}")
    page.wait_for_selector(f'body[data-jp-theme-light="{str(theme == "Light").lower()}"]', state="attached")
    page.wait_for_selector("#jupyterlab-splash", state="detached")  # covers the page while a theme is loaded
    page.screenshot(path=screenshots / f"{path.stem}_{theme.lower()}.png")
    assert findings(page, within=[".jp-RenderedMarkdown", OUTPUT], rules=["color-contrast"]) == []


@pytest.fixture(scope="module")
def slides(path, page):
    """The notebook as a slideshow, opened from the menu, full-screen on a small screen."""
    page.set_viewport_size({"width": 1280, "height": 720})
    choose(page, "View", "Render as Reveal Slideshow")
    page.locator('[data-jp-item-name="fullscreen"] jp-button').click()
    page.frame_locator("iframe").locator(".reveal.ready").click(position=CORNER)
    frame = page.frame(url=re.compile("/rise/"))
    frame.wait_for_function("() => innerWidth === 1280 && location.hash")
    return frame


def steps(path):
    """Return the indices of the visible cells at each step of the slideshow, from the slide types in the notebook."""
    visible = []
    for i, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
        slide_type = cell["metadata"].get("slideshow", {}).get("slide_type", "-")
        if slide_type in ("slide", "subslide"):
            visible.append([i])
        elif slide_type == "fragment":
            visible.append([*visible[-1], i])
        elif slide_type == "-":
            visible[-1].append(i)
    return visible


@needs_kernel
def test_code_runs_on_a_slide(path, page, slides):
    kinds = [cell["cell_type"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    has_code = ["code" in [kinds[i] for i in cells] for cells in steps(path)]
    for _ in range(has_code.index(True)):
        page.keyboard.press("Space")
    slides.wait_for_selector("section.present:not(.stack) .jp-CodeCell.jp-mod-selected")
    page.keyboard.press("Shift+Enter")
    prompt = f"[{len(stored_outputs(path)) + 1}]:"  # all cells have run once
    # The slideshow moves on if the next cell is on another slide.
    slides.wait_for_selector(f'.jp-InputPrompt:text-is("{prompt}")', state="attached")


def test_each_step_shows_its_cells_without_cutting_any(path, page, slides, screenshots):
    folder = screenshots / f"{path.stem}_slides"
    folder.mkdir(exist_ok=True)
    slides.evaluate("location.hash = '#/slide-0-0'")
    slides.locator(".reveal").click(position=CORNER)
    for number, cells in enumerate(steps(path), start=1):
        page.screenshot(path=folder / f"{number:02}.png")
        assert slides.evaluate(SLIDE) == {"cells": cells, "cut": False}
        before = slides.evaluate("location.hash")
        page.keyboard.press("Space")
        if number < len(steps(path)):
            slides.wait_for_function("before => location.hash !== before", arg=before)
