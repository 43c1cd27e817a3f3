"""The live camera in JupyterLab, with a clip in place of a camera, and without a camera, a permission, or a kernel."""

import re

import numpy as np
import psutil
import pytest
from PIL import Image

from helpers import read_video, samples
from tests.support import TOP
from tests.support.axe import findings
from tests.support.camera import ALLOWED, COUNT_DRAWINGS, DENIED, WATCH, camera_that_shows
from tests.support.lab import IDLE, START, choose, jupyterlab, kernels, open_and_run, write_notebook

CELLS = [
    "from helpers import live\nfrom tests.support.brightness import BrightnessModel",
    "live(BrightnessModel())",
    "slow = BrightnessModel(seconds=0.7)\nlive(slow)",
    "live(BrightnessModel(), ['one label'])",
    "hanging = BrightnessModel(seconds=13)\nlive(hanging)",
]
NORMAL, SLOW, WRONG, HANGING = range(4)  # the widgets
RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)
CAMERAS = "() => streams.flatMap((stream) => stream.getTracks()).map((track) => track.readyState)"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tutorial")
    (folder / "notebooks").mkdir()
    write_notebook(folder / "notebooks" / "live.ipynb", CELLS)
    with jupyterlab(folder, tmp_path_factory.mktemp("jupyter"), PYTHONPATH=str(TOP)) as note:
        yield note | {"notebooks": folder / "notebooks"}


@pytest.fixture(scope="module")
def camera(tmp_path_factory):
    """Arguments for a browser with a camera."""
    return camera_that_shows(samples["v_Cartwheel_g01_c01.avi"], tmp_path_factory.mktemp("camera") / "clip.y4m")


def opened(browser, lab, name="live.ipynb", widgets=len(CELLS) - 1):
    """Open a notebook and run it, so that its widgets are there."""
    page = browser.new_page(viewport={"width": 1200, "height": 2200})
    page.add_init_script(WATCH)
    open_and_run(page, lab, name)
    count = "count => document.querySelectorAll('.live-camera').length === count"
    page.wait_for_function(count, arg=widgets, timeout=START * 1000)
    page.wait_for_function(IDLE)
    return page


@pytest.fixture(scope="module")
def shared_page(launch, lab, camera):
    browser = launch(ALLOWED, *camera)
    yield opened(browser, lab)
    browser.close()


@pytest.fixture
def page(shared_page):
    """The notebook with all cameras off, before and after a test."""
    shared_page.evaluate("streams.length = predictions.length = 0")
    yield shared_page
    for stop in shared_page.get_by_role("button", name="Stop camera").all():
        stop.click()


def click(page, name, widget=NORMAL):
    page.locator(".live-camera").nth(widget).get_by_role("button", name=name, exact=True).click()


def wait_for_status(page, text, widget=NORMAL):
    page.locator(".live-camera").nth(widget).locator(".status", has_text=text).wait_for()


def wait_for_predictions(page, count):
    page.wait_for_function("count => predictions.length >= count", arg=count)


def test_nothing_happens_before_a_click(page):
    assert page.evaluate(CAMERAS) == [] and page.evaluate("predictions") == []
    for note in page.locator(".live-camera").all_inner_texts():
        assert "Frames go to this notebook's kernel" in note and "nowhere else, and are not kept" in note
        assert "otherwise nothing is recorded" in note


def test_five_bars_say_what_is_seen(page):
    click(page, "Start camera")
    wait_for_predictions(page, 3)
    widget = page.locator(".live-camera").nth(NORMAL)
    lines = widget.get_by_role("listitem").all_inner_texts()
    assert len(lines) == 5 and all(re.search(r"\d%$", line) for line in lines)
    assert {re.sub(r"\s*[\d.]+%$", "", line) for line in lines} <= {"dark", "bright", "red", "green", "blue", "<b>gray</b>"}
    probabilities = [float(re.search(r"([\d.]+)%", line)[1]) for line in lines]
    assert probabilities == sorted(probabilities, reverse=True)
    assert page.evaluate("predictions.map(({ number }) => number)")[:3] == [1, 2, 3]
    widget.locator(".rates", has_text=re.compile(r"^[\d.]+ frames a second, \d+ ms from frame to bars$")).wait_for()
    wait_for_status(page, "Live.")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_it_can_be_read(page, theme, screenshots):
    choose(page, "Settings", "Theme", f"JupyterLab {theme}")
    page.wait_for_selector(f'body[data-jp-theme-light="{str(theme == "Light").lower()}"]', state="attached")
    page.wait_for_selector("#jupyterlab-splash", state="detached")  # covers the page while a theme is loaded
    click(page, "Start camera")
    wait_for_predictions(page, 10)
    page.screenshot(path=screenshots / f"live_camera_{theme.lower()}.png")
    assert findings(page, within=[".live-camera"]) == []


def test_what_is_read_aloud_changes_rarely(page):
    page.evaluate("""() => {
        [window.aloud, window.since] = [0, performance.now()];
        for (const region of document.querySelectorAll(".live-camera [role=status], .live-camera [aria-live]"))
            new MutationObserver(() => aloud++).observe(region, {childList: true, characterData: true, subtree: true});
    }""")
    click(page, "Start camera")
    wait_for_predictions(page, 15)
    changes, seconds = page.evaluate("[aloud, (performance.now() - since) / 1000]")
    # The camera is waited for and live, an action is named; a kernel that is now busy, now not, changes that once a second.
    assert 1 <= changes <= 4 + 1.3 * seconds
    assert page.locator(".live-camera ol [aria-live], .live-camera [aria-live] ol").count() == 0


def test_pause_and_resume(page):
    click(page, "Start camera")
    wait_for_predictions(page, 2)
    click(page, "Pause")
    wait_for_status(page, "Paused. The camera is on, but no frames are sent.")
    before = page.evaluate("predictions.length")
    page.wait_for_timeout(2000)
    assert page.evaluate("predictions.length") <= before + 2  # of frames that were on their way
    assert page.evaluate(CAMERAS) == ["live"]
    click(page, "Resume")
    wait_for_predictions(page, before + 4)


def test_pictures_are_copied_and_not_drawn(page):
    """Chromium keeps each picture that is drawn to a canvas."""
    page.evaluate(COUNT_DRAWINGS)
    click(page, "Start camera")
    wait_for_predictions(page, 5)
    assert page.evaluate("drawn") == 0


def test_stop_frees_the_camera_and_it_starts_again(page):
    click(page, "Start camera")
    wait_for_predictions(page, 2)
    click(page, "Stop camera")
    wait_for_status(page, "Stopped. The camera is off.")
    assert page.evaluate(CAMERAS) == ["ended"]
    page.evaluate("predictions.length = 0")
    click(page, "Start camera")
    wait_for_predictions(page, 2)
    assert page.evaluate("predictions[0].number") == 1
    assert page.evaluate(CAMERAS) == ["ended", "live"]


def test_stop_before_the_camera_is_open(page):
    widget = page.locator(".live-camera").nth(NORMAL)
    widget.evaluate("widget => { widget.querySelector('.start').click(); widget.querySelector('.start').click(); }")
    page.wait_for_function("() => streams.length === 1")
    page.wait_for_function(f"() => ({CAMERAS})()[0] === 'ended'")
    assert page.evaluate("predictions") == []


# Add the streams of canvases to those of cameras.
WATCH_RECORDINGS = """() => {
    const capture = HTMLCanvasElement.prototype.captureStream;
    HTMLCanvasElement.prototype.captureStream = function () {
        const stream = capture.call(this);
        streams.push(stream);
        return stream;
    };
}"""


def test_a_recording_is_a_video(page, tmp_path):
    click(page, "Start camera")
    wait_for_predictions(page, 1)
    page.evaluate(WATCH_RECORDINGS)
    click(page, "Record")
    wait_for_predictions(page, 12)
    assert page.evaluate(CAMERAS) == ["live", "live"]  # the camera, and the canvas that is recorded
    with page.expect_download() as download:
        click(page, "Save recording")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    frames = read_video(path)
    assert len(frames) >= 25 and frames.std() > 10
    assert page.evaluate(CAMERAS) == ["live", "ended"]


def run_cell(page, code):
    """Write a cell below all others, and run it."""
    page.locator(".jp-Notebook .jp-CodeCell").last.locator(".cm-content").click()
    for key in ("Escape", "b", "Enter"):
        page.keyboard.press(key)
    page.keyboard.type(code)
    page.keyboard.press("Shift+Enter")


def test_a_busy_kernel(page):
    click(page, "Start camera", SLOW)
    wait_for_status(page, "The kernel is busy: some frames are skipped.", SLOW)
    wait_for_predictions(page, 4)
    assert page.evaluate("predictions.map(({ number }) => number)")[:4] == [1, 2, 3, 4]
    click(page, "Stop camera", SLOW)
    shown = page.evaluate("predictions.length")
    page.wait_for_function(IDLE)
    page.wait_for_timeout(3000)  # longer than two frames take
    run_cell(page, "print(slow.steps, 'steps')")
    steps = page.locator(".jp-OutputArea-output", has_text=re.compile(r"^\d+ steps")).inner_text()
    assert int(steps.split()[0]) <= shown + 2  # what waited when it was stopped


def test_a_kernel_that_does_not_reply(page):
    click(page, "Start camera", HANGING)
    wait_for_status(page, "The kernel is busy: some frames are skipped.", HANGING)
    wait_for_status(page, "The kernel has not replied for 10 s: it is busy or has stopped.", HANGING)
    run_cell(page, "hanging.seconds = 0")
    wait_for_predictions(page, 5)
    wait_for_status(page, "Live.", HANGING)
    assert page.evaluate("predictions.map(({ number }) => number)")[:5] == [1, 2, 3, 4, 5]


def test_what_fails_in_the_kernel_is_one_line(page):
    click(page, "Start camera", WRONG)
    wait_for_status(page, "there must be one label for each of the model's 6 outputs, not 1.", WRONG)
    assert page.evaluate(CAMERAS) == ["ended"]


def test_an_unplugged_camera(page):
    click(page, "Start camera")
    wait_for_predictions(page, 1)
    page.evaluate("streams[0].getTracks()[0].dispatchEvent(new Event('ended'))")
    wait_for_status(page, "The camera was disconnected.")
    assert page.evaluate(CAMERAS) == ["ended"]


OTHER_ERRORS = {
    "NotReadableError": "The camera cannot be opened: another program may be using it.",
    "AbortError": "The camera cannot be opened: AbortError for a reason",
}


@pytest.mark.parametrize("name, line", OTHER_ERRORS.items())
def test_a_camera_that_cannot_be_opened(page, name, line):
    opens = "navigator.mediaDevices.getUserMedia"
    page.evaluate(
        f"name => {{ window.kept = {opens}; {opens} = () => {{ throw new DOMException('for a reason', name); }}; }}", name
    )
    click(page, "Start camera")
    wait_for_status(page, line)
    page.evaluate(f"void ({opens} = kept)")


def test_a_page_that_may_not_have_cameras(page):
    page.evaluate("Object.defineProperty(navigator, 'mediaDevices', {value: undefined, configurable: true})")  # as on http://
    click(page, "Start camera")
    wait_for_status(page, "Browsers open the camera only for pages at https:// or localhost.")
    page.evaluate("delete navigator.mediaDevices")


@pytest.fixture
def own_page(launch, lab):
    """Call it with arguments for a browser of its own, to open the notebook there."""
    browsers = []

    def own_page(*arguments, **notebook):
        browsers.append(launch(*arguments))
        return opened(browsers[-1], lab, **notebook)

    yield own_page
    for browser in browsers:
        browser.close()


def test_the_model_sees_the_center_square(own_page, tmp_path):
    picture = np.zeros((240, 320, 3), np.uint8)
    picture[:, :40], picture[:, 40:160], picture[:, 160:280], picture[:, 280:] = RED, GREEN, BLUE, RED
    Image.fromarray(picture).save(tmp_path / "picture.png")
    page = own_page(ALLOWED, *camera_that_shows(tmp_path / "picture.png", tmp_path / "picture.y4m"))
    click(page, "Start camera")
    wait_for_predictions(page, 1)
    read = "canvas => [...canvas.getContext('2d').getImageData(0, 0, 64, 64).data]"
    pixels = np.reshape(page.locator("canvas").nth(NORMAL).evaluate(read), (64, 64, 4))[..., :3]
    assert np.abs(pixels[:, 1:31] - GREEN).max() < 40 and np.abs(pixels[:, 33:63] - BLUE).max() < 40


def test_movinet_recognizes_a_real_clip(own_page, lab, movinet_cache, real_clips, tmp_path):
    cells = [f"import os\nos.environ['I3D_CACHE'] = {str(movinet_cache)!r}", "from helpers import live, load_movinet"]
    write_notebook(lab["notebooks"] / "movinet.ipynb", [*cells, "live(load_movinet())"])
    camera = camera_that_shows(real_clips / "tai_chi.mp4", tmp_path / "clip.y4m")
    page = own_page(ALLOWED, *camera, name="movinet.ipynb", widgets=1)
    click(page, "Start camera")
    page.wait_for_function("() => predictions.some(({ number, top }) => number >= 25 && top[0][0] === 'tai chi')")


def test_no_permission(own_page, camera):
    page = own_page(DENIED, *camera)
    click(page, "Start camera")
    wait_for_status(page, "The camera is not allowed here: allow it for this page in the browser's settings, then start again.")
    assert page.get_by_role("button", name="Start camera").count() == len(CELLS) - 1


def test_no_camera(own_page):
    page = own_page(ALLOWED)
    click(page, "Start camera")
    wait_for_status(page, "No camera was found: connect one, then start again.")
    assert page.get_by_role("button", name="Start camera").count() == len(CELLS) - 1


def test_a_cleared_output_frees_the_camera(own_page, camera):
    page = own_page(ALLOWED, *camera)
    click(page, "Start camera")
    wait_for_predictions(page, 1)
    choose(page, "Edit", "Clear Outputs of All Cells")
    page.wait_for_function(f"() => ({CAMERAS})()[0] === 'ended'")


def test_a_lost_kernel(own_page, camera, lab):
    page = own_page(ALLOWED, *camera)
    click(page, "Start camera")
    wait_for_predictions(page, 1)
    [kernel] = [kernel for kernel in kernels(lab) if kernel["connections"] and kernel["execution_state"] != "dead"]
    file = f"kernel-{kernel['id']}.json"
    [process] = [found for found in psutil.process_iter(["cmdline"]) if file in " ".join(found.info["cmdline"] or [])]
    process.kill()
    wait_for_status(page, "The kernel has stopped or restarted: run the notebook's cells again.")
    assert page.evaluate(CAMERAS) == ["ended"]


def test_a_restarted_kernel(own_page, camera):
    page = own_page(ALLOWED, *camera)
    click(page, "Start camera")
    wait_for_predictions(page, 1)
    choose(page, "Kernel", "Restart Kernel…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    wait_for_status(page, "The kernel has stopped or restarted: run the notebook's cells again.")
    assert page.evaluate(CAMERAS) == ["ended"]
    page.wait_for_function(IDLE, timeout=START * 1000)  # a server waits for a kernel that is starting
