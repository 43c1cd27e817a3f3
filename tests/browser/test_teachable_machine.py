"""The teachable machine in JupyterLab, with a camera that shows three actions one after the other."""

import shutil

import pytest

from tests.support import TOP
from tests.support.action_folder import copy_actions
from tests.support.actions_on_camera import SECONDS, SEEN, camera_with, three_actions
from tests.support.axe import findings
from tests.support.camera import ALLOWED, WATCH
from tests.support.lab import IDLE, START, choose, jupyterlab, open_and_run, write_notebook

CLIPS = 2  # of each gesture
WIDGET = ".teachable-machine"


@pytest.fixture(scope="module")
def lab(tmp_path_factory, movinet_cache):
    folder = tmp_path_factory.mktemp("tutorial")
    (folder / "notebooks").mkdir()
    for name in ("recorded", "given"):
        cell = f"from helpers import teach\nteach({name!r}, seconds=2.0, clips={CLIPS})"
        write_notebook(folder / "notebooks" / f"{name}.ipynb", [cell])
    variables = {"PYTHONPATH": str(TOP), "I3D_CACHE": str(movinet_cache)}
    with jupyterlab(folder, tmp_path_factory.mktemp("jupyter"), **variables) as note:
        yield note | {"notebooks": folder / "notebooks"}


def opened(browser, lab, name):
    page = browser.new_page(viewport={"width": 1200, "height": 1400})
    page.add_init_script(WATCH + SEEN)
    open_and_run(page, lab, f"{name}.ipynb")
    page.set_default_timeout(20_000)
    page.wait_for_selector(f"{WIDGET} .gestures li", timeout=START * 1000)
    page.wait_for_function(IDLE)
    return page


def click(page, name):
    page.locator(WIDGET).get_by_role("button", name=name, exact=True).click()


def type_name(page, number, name, key):
    """Type the name of a gesture as with a keyboard, and press a key; return the text of the control that then has the focus."""
    field = page.locator(WIDGET).get_by_label("Name").nth(number)
    field.press("ControlOrMeta+a")
    field.press_sequentially(name)
    field.press(key)
    return page.evaluate("document.activeElement.textContent || document.activeElement.value")


def wait_for_status(page, text):
    page.locator(f"{WIDGET} .status", has_text=text).wait_for()


def theme(page, name):
    choose(page, "Settings", "Theme", f"JupyterLab {name}")
    page.wait_for_selector(f'body[data-jp-theme-light="{str(name == "Light").lower()}"]', state="attached")
    page.wait_for_selector("#jupyterlab-splash", state="detached")


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_three_actions_are_recorded_learned_and_named(launch, lab, tmp_path, screenshots):
    actions = three_actions()
    browser = launch(ALLOWED, *camera_with(actions.values(), tmp_path))
    page = opened(browser, lab, "recorded")
    page.screenshot(path=screenshots / "teachable_machine_empty.png")
    for number, action in enumerate(actions, 1):
        key, focused = ("Tab", "Record") if number == 1 else ("Enter", action)
        assert type_name(page, number - 1, action, key) == focused
        wait_for_status(page, f"Renamed gesture {number} to {action}.")
    assert page.get_by_role("button", name="Learn").is_disabled()
    click(page, "Start camera")
    page.wait_for_function("() => seen().action >= 0")
    shown = page.evaluate("seen().action")
    for number in range(CLIPS * len(actions)):
        before, action = (shown + number) % 3, list(actions)[(shown + number + 1) % 3]
        page.wait_for_function("before => seen().action === before && seen().soon", arg=before, polling=50, timeout=30_000)
        click(page, f"Record {action}")
        if number == 0:
            wait_for_status(page, f"{action}: recording in 2")
            page.screenshot(path=screenshots / "teachable_machine_countdown.png")
        wait_for_status(page, f"Saved in recorded/{action}/")
    folder = lab["notebooks"] / "recorded"
    assert files(folder) == sorted(f"{action}/{n}.mp4" for action in actions for n in range(1, CLIPS + 1))
    assert page.locator(f"{WIDGET} .count").all_inner_texts() == [f"{CLIPS} of {CLIPS} clips"] * 3
    click(page, "Learn")
    wait_for_status(page, f"Learned from {CLIPS * 3} clips.")
    assert f"of {CLIPS * 3} clips correct, each by a model that did not learn from it" in page.locator(".score").inner_text()
    assert "What resembles no gesture enough is labeled 'none of these'." in page.locator(".score").inner_text()
    assert (lab["notebooks"] / "recorded.model" / "model_card.json").is_file()
    click(page, "Live")
    page.wait_for_timeout(3 * SECONDS * 1000 + 3000)
    for name in ("Dark", "Light"):
        theme(page, name)
        page.screenshot(path=screenshots / f"teachable_machine_live_{name.lower()}.png")
        assert findings(page, within=[WIDGET]) == []
    live = page.evaluate("live")
    for number, action in enumerate(actions):
        settled = [one["label"] == action for one in live if one["action"] == number and one["seconds"] > 2.2]
        assert len(settled) >= 5 and sum(settled) > len(settled) / 2, (action, [one["label"] for one in live])
    click(page, "Stop live")
    wait_for_status(page, "The camera is on, but predictions have stopped.")
    click(page, "Stop camera")
    page.wait_for_function("() => streams.flatMap((one) => one.getTracks()).every((one) => one.readyState === 'ended')")
    browser.close()


@pytest.fixture
def given(browser, lab):
    """The notebook with a folder of clips, in a browser without a camera."""
    folder = lab["notebooks"] / "given"
    shutil.rmtree(folder, ignore_errors=True)
    copy_actions(folder, {"Crawl": "Crawl", "Dance": "Dance", "Jump": "Jump"})
    page = opened(browser, lab, "given")
    yield page
    page.close()


def test_without_a_camera(given, lab, screenshots):
    page, folder = given, lab["notebooks"] / "given"
    assert page.locator(f"{WIDGET} .count").all_inner_texts() == ["3 clips"] * 3
    assert type_name(page, 0, "a/b", "Enter") == "a/b"
    wait_for_status(page, "The name 'a/b' contains /, which a folder's name cannot contain. Choose another name.")
    click(page, "Record Crawl")
    wait_for_status(page, "No camera was found: connect one, then start again.")
    assert type_name(page, 0, "krabbeln", "Enter") == "krabbeln"
    wait_for_status(page, "Renamed Crawl to krabbeln.")
    assert (folder / "krabbeln" / "v_Crawl_g01_c01.avi").is_file() and not (folder / "Crawl").exists()
    remove = page.get_by_role("button", name="Delete clip 3 of krabbeln")
    remove.focus()
    page.keyboard.press("Enter")
    wait_for_status(page, "Deleted")
    assert not (folder / "krabbeln" / "v_Crawl_g03_c01.avi").exists()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Record krabbeln"
    click(page, "Learn")
    wait_for_status(page, "Learned from 8 clips.")
    page.screenshot(path=screenshots / "teachable_machine_learned.png")
    click(page, "Live")
    wait_for_status(page, "No camera was found: connect one, then start again.")


ASK = """() => {
    const picture = document.createElement("canvas");
    setInterval(() => picture.getContext("2d").fillRect(0, 0, 9, 9), 100);
    window.asked = [];
    const ask = (resolve) => asked.push(() => resolve(picture.captureStream()));
    navigator.mediaDevices.getUserMedia = () => new Promise(ask);
}"""


def test_a_recording_that_was_stopped_while_the_browser_asked_does_not_cancel_another(given):
    given.evaluate(ASK)
    click(given, "Record Crawl")
    click(given, "Stop camera")
    click(given, "Record Dance")
    given.evaluate("asked.forEach((allow) => allow())")
    wait_for_status(given, "Dance: recording in")
    click(given, "Cancel Dance")
    click(given, "Stop camera")


def test_it_fits_into_a_narrow_page(given, screenshots):
    page = given
    widget = page.locator(WIDGET)
    for width in (700, 520):  # JupyterLab's own frame needs 330 of it
        page.set_viewport_size({"width": width, "height": 1800})
        page.screenshot(path=screenshots / f"teachable_machine_{width}.png")
        assert widget.evaluate("widget => widget.scrollWidth <= widget.clientWidth")
    assert findings(page, within=[WIDGET]) == []


def test_a_restarted_kernel(given):
    choose(given, "Kernel", "Restart Kernel…")
    given.locator(".jp-Dialog .jp-mod-accept").click()
    given.wait_for_function(IDLE, timeout=START * 1000)
    click(given, "Learn")
    wait_for_status(given, "The kernel has stopped or restarted: run the notebook's cells again.")
