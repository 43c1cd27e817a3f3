"""The web page's view that teaches actions, in Chromium: clips from files and from a camera, what is kept, and what is saved."""

import base64
import io
import json
import re
import shutil
import zipfile

import numpy as np
import pytest
from playwright.sync_api import expect

from helpers import load_model, read_video, samples
from helpers.learn.classifier import learn
from helpers.learn.features import features
from helpers.learn.unknown_actions import learn_rejection, unknown_actions
from helpers.models.learned.saving import save
from helpers.predictions.prediction import softmax
from helpers.video.writing import write_video
from tests.support.actions_on_camera import SECONDS, SEEN, camera_with, three_actions
from tests.support.axe import findings
from tests.support.camera import ALLOWED, WATCH, camera_that_shows
from tests.support.web_page import gathered_page, served

ACTIONS = ("Crawl", "Dance", "Jump")
SIZE, FPS, FRAMES = 172, 5, 8  # of a clip
# In the page: the probabilities of a clip (uint8 frames in base64) by the model in a zip file (in base64).
PROBABILITIES = """async ([zip, clip]) => {
    const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const { loadMoViNet, NETWORK } = await import("/model/movinet.js");
    const { fromZip } = await import("/teach/saved.js");
    const { softmax } = await import("/model/prediction.js");
    const { logits: logitsOf, standardize } = await import("/teach/classifier.js");
    const stream = (await loadMoViNet({ base: new URL("/", location) })).newStream();
    const [pixels, size] = [Float32Array.from(bytes(clip), (value) => value / 255), 172 * 172 * 3];
    let logits;
    for (let i = 0; i < pixels.length; i += size) logits = await stream.next(pixels.subarray(i, i + size));
    stream.close();
    return [...softmax(logitsOf(await fromZip(bytes(zip), "model.zip", NETWORK[1]), standardize(logits)))];
}"""
COUNTDOWN = re.compile("action 1: recording in [123]")  # each for a second, which a busy computer can miss
NEXT = """() => new Promise((resolve) => {
    const seen = document.querySelector("#teach .seen");
    document.addEventListener("prediction", ({ detail }) => resolve([seen.textContent, detail.top[0][1]]), { once: true });
})"""
TRACKS = "() => streams.flatMap((stream) => stream.getTracks()).every((track) => track.readyState === 'ended')"


@pytest.fixture(scope="module")
def site(tmp_path_factory, movinet_cache):
    """Address of the view."""
    folder = gathered_page(tmp_path_factory.mktemp("site") / "web", movinet_cache)
    with served(folder) as server:
        yield f"{server.url}#teach"


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two short clips of each action, in a format that browsers play."""
    folder = tmp_path_factory.mktemp("clips")
    files = {action: [] for action in ACTIONS}
    for action in ACTIONS:
        for side in ("g01", "g02"):
            frames = read_video(samples[f"v_{action}_{side}_c01.avi"], FRAMES, 240, 1.0, FPS, min_frames=1)
            files[action].append(write_video(frames, folder / f"{action}_{side}.mp4", FPS))
    return files


def opened(context, site):
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(site)
    expect(status(page)).not_to_be_empty(timeout=30_000)
    return page


def status(page):
    return page.locator("#teach .status")


def click(page, name):
    page.locator("#teach").get_by_role("button", name=name, exact=True).click()


def choose(page, button, files):
    """Choose files after a click on a button, as a reader does."""
    with page.expect_file_chooser() as chooser:
        click(page, button)
    chooser.value.set_files(files)


def add_clips(page, clips):
    """Name an action for each list of clips, and add these."""
    fields = page.locator("#teach").get_by_label("Name", exact=True)
    for number, (action, files) in enumerate(clips.items()):
        if number == fields.count():
            click(page, "Add an action")
            expect(fields).to_have_count(number + 1)
        fields.nth(number).fill(action)
        fields.nth(number).press("Enter")
        expect(status(page)).to_have_text(re.compile(f"Renamed .* to {action}."))
        choose(page, f"Add files to {action}", files)
        expect(status(page)).to_have_text(f"Added {len(files)} of {len(files)} files to {action}.", timeout=30_000)


def learn_in(page):
    click(page, "Learn")
    expect(status(page)).to_have_text(re.compile("^Learned from "), timeout=30_000)


def saved(page, path):
    with page.expect_download() as download:
        click(page, "Save")
    download.value.save_as(path)
    return path


@pytest.fixture(scope="module")
def taught(browser, site, clips):
    """The view after it has learned the actions from clips; and what the browser has sent until then."""
    context = browser.new_context(viewport={"width": 1200, "height": 1100}, accept_downloads=True)
    requests = []
    context.on("request", lambda request: requests.append((request.method, request.url, request.post_data)))
    page = opened(context, site)
    add_clips(page, clips)
    learn_in(page)
    page.requests = requests
    yield page
    context.close()


def in_base64(content):
    return base64.b64encode(content).decode()


def clip_pixels():
    frames = read_video(samples["v_Jump_g03_c01.avi"], 20, SIZE, 1.0, FPS, min_frames=1)
    return frames, in_base64(frames.tobytes())


def in_python(folder, frames, **options):
    model = load_model(folder, **options)
    return model, softmax(model(model.to_batch(frames))["default"][0])


def test_a_model_taught_in_the_page_is_one_for_python(taught, site, tmp_path):
    """And nothing was sent: each request is for a file of the page."""
    zip_file = saved(taught, tmp_path / "my_actions.zip")
    assert {(method, data) for method, _, data in taught.requests} == {("GET", None)}
    assert {url.split("/")[2] for _, url, _ in taught.requests if not url.startswith(("blob:", "data:"))} == {site.split("/")[2]}
    shutil.unpack_archive(zip_file, tmp_path)
    frames, pixels = clip_pixels()
    model, expected = in_python(tmp_path / "my_actions", frames)
    assert model.labels == sorted(ACTIONS)
    found = taught.evaluate(PROBABILITIES, [in_base64(zip_file.read_bytes()), pixels])
    np.testing.assert_allclose(found, expected, atol=1e-4)
    card = json.loads((tmp_path / "my_actions" / "model_card.json").read_text(encoding="utf-8"))
    assert re.match(r"accuracy \d\.\d{3} \(.*, mean recall .*, 6 clips, 6 groups, chance 0.333", card["score"]["summary"])
    assert len(card["clips"]) == 6
    lines = taught.locator("#teach .score p").all_inner_texts()
    assert re.match(r"\d of 6 clips correct, each by a model that did not learn from it \(95% interval .* baseline", lines[0])


def test_a_model_taught_in_python_opens_in_the_page(browser, site, clips, movinet, tmp_path, screenshots):
    files = [path for paths in clips.values() for path in paths]
    actions = [action for action, paths in clips.items() for _ in paths]
    rows, groups = features(movinet, files), list(map(str, files))
    classifier, rejection = learn(rows, actions, groups), learn_rejection(rows, actions, unknown_actions(rows, actions, groups))
    card = {"score": {"summary": "accuracy 0.5"}, "limits": "Few clips."}
    folder = save(movinet, classifier, tmp_path / "from_python", card, rejection)
    zip_file = shutil.make_archive(tmp_path / "sent", "zip", tmp_path, "from_python")
    frames, pixels = clip_pixels()
    _, expected = in_python(folder, frames, reject="off")  # the page has its own threshold
    context = browser.new_context()
    page = opened(context, site)
    choose(page, "Open", zip_file)
    expect(status(page)).to_have_text("Opened sent.zip: Crawl, Dance, Jump.")
    assert page.locator("#teach .score p").all_inner_texts() == ["accuracy 0.5", "Few clips."]
    with open(zip_file, "rb") as file:
        found = page.evaluate(PROBABILITIES, [in_base64(file.read()), pixels])
    np.testing.assert_allclose(found, expected, atol=1e-4)
    context.close()


def test_closing_the_page_loses_nothing(taught, site):
    """Until all is deleted."""
    count, score = "#teach .clips li", "#teach .score"
    before = taught.locator(score).inner_text()
    taught.close()
    page = opened(taught.context, site)
    assert "Found 6 clips" in status(page).inner_text()
    assert page.locator(count).count() == 6 and page.locator(score).inner_text() == before
    assert page.get_by_role("button", name="Live").is_enabled()
    page.close()


def altered(zip_file, change):
    """Return a copy of a zip file; `change(files)` changes its files, {path: contents}."""
    with zipfile.ZipFile(zip_file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


CARD, LABELS = "my_actions/model_card.json", "my_actions/labels.txt"
BAD = {
    "text.zip is not a zip file, or it is damaged.": lambda content: b"no zip " * 1000,
    "half.zip is not a zip file, or it is damaged.": lambda content: content[: len(content) // 2],
    'up.zip was not opened: it contains the path "../labels.txt", which': lambda content: altered(
        io.BytesIO(content), lambda files: files.update({"../labels.txt": b""})
    ),
    'root.zip was not opened: it contains the path "/etc/x", which': lambda content: altered(
        io.BytesIO(content), lambda files: files.update({"/etc/x": b""})
    ),
    "other.zip contains no learned model: model_card.json is missing.": lambda content: altered(
        io.BytesIO(content), lambda files: files.pop(CARD)
    ),
    "part.zip is not complete: labels.txt is missing.": lambda content: altered(
        io.BytesIO(content), lambda files: files.pop(LABELS)
    ),
    "changed.zip: labels.txt was changed, or is from another model.": lambda content: altered(
        io.BytesIO(content), lambda files: files.update({LABELS: b"a\nb\nc\n"})
    ),
    "card.zip: model_card.json is damaged": lambda content: altered(
        io.BytesIO(content), lambda files: files.update({CARD: files[CARD][:-9]})
    ),
    "old.zip has format 1, but this page reads format 2.": lambda content: altered(
        io.BytesIO(content), lambda files: files.update({CARD: b"{}"})
    ),
}


@pytest.fixture
def again(taught, site):
    """The view with its six clips, in another tab; the first one is closed."""
    taught.close()
    page = opened(taught.context, site)
    yield page
    page.close()


def test_a_bad_zip_file_is_one_line_and_changes_nothing(again, tmp_path):
    content = saved(again, tmp_path / "good.zip").read_bytes()
    for line, make in BAD.items():
        (path := tmp_path / re.split("[ :]", line)[0]).write_bytes(make(content))
        choose(again, "Open", path)
        expect(status(again)).to_have_text(re.compile(f"^{re.escape(line)}"))
        assert again.locator("#teach .clips li").count() == 6
        assert again.locator("#teach .score p").first.inner_text().endswith(".")


def test_files_that_are_not_clips_are_listed_with_the_reason(again, clips, tmp_path):
    (tmp_path / "text.mp4").write_text("not a video")
    choose(again, "Add files to Crawl", [tmp_path / "text.mp4", clips["Crawl"][0], clips["Dance"][0]])
    expect(status(again)).to_have_text("Added 0 of 3 files to Crawl.", timeout=30_000)
    reasons = again.locator("#teach .left-out li").all_inner_texts()
    assert reasons[0].startswith("text.mp4 ") and "HandBrake" in reasons[0]
    assert reasons[1] == "Crawl_g01.mp4: It is the same clip as one of Crawl, so it was not added."
    assert reasons[2] == "Dance_g01.mp4: It is the same clip as one of Dance, so it was not added."
    assert again.locator("#teach .score p").count()  # nothing has changed, so nothing was forgotten


def drop(page, selector, file):
    """Drop a file on an element."""
    script = """(element, [name, content]) => {
        const files = new DataTransfer();
        files.items.add(new File([Uint8Array.from(atob(content), (character) => character.charCodeAt(0))], name));
        element.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
    }"""
    page.locator(selector).first.evaluate(script, [file.name, in_base64(file.read_bytes())])


def test_dropped_files(again, clips):
    drop(again, "#teach .sources", clips["Crawl"][0])
    expect(status(again)).to_have_text("Drop the files on the name of their action.")
    click(again, "Delete clip 1 of Crawl")
    drop(again, "#teach .action", clips["Crawl"][0])
    expect(status(again)).to_have_text("Added 1 of 1 files to Crawl.", timeout=30_000)


def test_without_a_camera(again):
    line = "No camera was found: connect one, then start again."
    for button in ("Start camera", "Record Crawl"):
        click(again, button)
        expect(status(again)).to_have_text(line)
        expect(again.locator("#teach").get_by_role("button", name=button, exact=True)).to_be_enabled()
        again.reload()
        expect(status(again)).to_have_text(re.compile("^Found 6 clips"))


def test_names(again):
    field = again.locator("#teach").get_by_label("Name", exact=True).first
    for name, line in {"dance": "The name dance is taken.", " ": 'The name "" cannot be used.'}.items():
        field.fill(name)
        field.press("Enter")
        expect(status(again)).to_have_text(re.compile(f"^{line}"))


def test_it_is_accessible_and_fits_a_phone(again, screenshots):
    learn_in(again)
    for scheme in ("light", "dark"):
        again.emulate_media(color_scheme=scheme)
        again.set_viewport_size({"width": 1200, "height": 1100})
        again.screenshot(path=screenshots / f"web_teach_{scheme}.png", full_page=True)
        assert findings(again) == []
    again.set_viewport_size({"width": 360, "height": 740})
    again.screenshot(path=screenshots / "web_teach_phone.png", full_page=True)
    assert again.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert findings(again) == []


def test_by_keyboard(again, clips):
    """All controls are reached with the Tab key, and a deleted clip leaves the focus in its row."""
    remove = again.get_by_role("button", name="Delete clip 2 of Jump")
    remove.focus()
    again.keyboard.press("Enter")
    expect(status(again)).to_have_text("Deleted a clip of Jump.")
    assert again.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Record Jump"
    assert again.get_by_role("button", name="Save").is_disabled()  # the clips are no longer those that were learned from
    learn_in(again)
    expect(status(again)).to_have_text("Learned from 4 clips. Jump was not learned: it has only one clip.")
    choose(again, "Add files to Jump", clips["Jump"][1])
    expect(status(again)).to_have_text("Added 1 of 1 files to Jump.", timeout=30_000)


def test_a_full_disk_loses_nothing_while_the_page_is_open(browser, site, clips):
    context = browser.new_context()
    page = context.new_page()
    session, origin = context.new_cdp_session(page), site.removesuffix("/#teach")
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1})
    page.goto(site)
    expect(status(page)).to_have_text(re.compile("^Record or add"), timeout=30_000)
    choose(page, "Add files to action 1", clips["Jump"])
    line = "Added 2 of 2 files to action 1. The browser's storage is full: it stays here until the page is closed."
    expect(status(page)).to_have_text(line, timeout=30_000)
    assert page.locator("#teach .clips li").count() == 2
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin})
    click(page, "Add an action")  # what could not be stored before is stored now
    expect(status(page)).to_have_text("Added action 3.")
    page.reload()
    expect(status(page)).to_have_text(re.compile("^Found 2 clips"))
    context.close()


def test_below_the_threshold_nothing_is_named(again):
    """Two labels of the same probability, with a threshold below it and one above it."""
    names = """async () => {
        const { recognize } = await import("/teach/live.js");
        const learned = { labels: ["a", "b"], weights: new Float32Array(2 * 600), bias: [0, 0] };
        const logits = Float32Array.from({ length: 600 }, (_, i) => i);
        return [0.4, 0.6].map((threshold) => recognize(learned, logits, threshold).name);
    }"""
    assert again.evaluate(names) == ["a", "None of these"]


def test_two_tabs(again, site):
    """Only one at a time; the other goes on when the first is closed."""
    other = opened(again.context, site)
    expect(status(other)).to_have_text(re.compile("^Teach is open in another tab"))
    assert other.get_by_role("button", name="Open").is_disabled()
    again.close()
    expect(status(other)).to_have_text(re.compile("^Found 6 clips"))
    other.close()


def test_delete_all(again, site):
    again.once("dialog", lambda dialog: dialog.dismiss())
    click(again, "Delete all")
    assert again.locator("#teach .clips li").count() == 6
    again.once("dialog", lambda dialog: dialog.accept())
    click(again, "Delete all")
    expect(status(again)).to_have_text("All clips, and what was learned from them, were deleted.")
    again.reload()
    expect(status(again)).to_have_text(re.compile("^Record or add"))
    assert again.locator("#teach .clips li").count() == 0 and again.locator("#teach .result").is_hidden()


def test_the_camera(launch, site, clips, tmp_path, screenshots):
    browser = launch(ALLOWED, *camera_that_shows(clips["Dance"][0], tmp_path / "clip.y4m"))
    context = browser.new_context(viewport={"width": 1200, "height": 1100})
    context.add_init_script(WATCH)
    page = opened(context, site)
    click(page, "Record action 1")
    expect(status(page)).to_have_text(COUNTDOWN)
    click(page, "Cancel action 1")
    expect(status(page)).to_have_text("The recording was canceled.")
    click(page, "Record action 1")
    expect(status(page)).to_have_text(COUNTDOWN)
    page.screenshot(path=screenshots / "web_teach_countdown.png")
    expect(status(page)).to_have_text("Added a clip to action 1.", timeout=20_000)
    assert page.locator("#teach .clips img").first.evaluate("(image) => image.naturalWidth") == 96
    add_clips(page, {"dance": clips["Dance"][1:], "crawl": clips["Crawl"]})
    learn_in(page)
    click(page, "Live")
    expect(page.locator("#teach .seen")).to_have_text("dance", timeout=20_000)
    page.screenshot(path=screenshots / "web_teach_live.png")
    threshold = page.get_by_role("slider")
    threshold.press("End")
    expect(page.locator("#teach output")).to_have_text("99%")
    seen, probability = page.evaluate(NEXT)
    assert (seen == "None of these") == (probability < 0.99)  # in some recordings, it is more
    click(page, "Stop live")
    expect(status(page)).to_have_text("The camera is on, but predictions have stopped.")
    page.evaluate("() => (location.hash = '#recognize')")
    page.wait_for_function(TRACKS)
    browser.close()


@pytest.mark.long
def test_three_actions_are_recorded_learned_and_named(launch, site, tmp_path):
    """Two clips of each; real ones if REAL_ACTIONS names their folder."""
    actions = three_actions()
    browser = launch(ALLOWED, *camera_with(actions.values(), tmp_path))
    context = browser.new_context()
    context.add_init_script(WATCH + SEEN)
    page = opened(context, site)
    click(page, "Add an action")
    for number, action in enumerate(actions):
        page.locator("#teach").get_by_label("Name", exact=True).nth(number).fill(action)
    click(page, "Start camera")
    page.wait_for_function("() => seen().action >= 0")
    shown = page.evaluate("() => seen().action")
    for number in range(4 * len(actions)):
        counts = [clips.locator("li").count() for clips in page.locator("#teach .clips").all()]
        if len(counts) == len(actions) and min(counts) >= 2:
            break
        before, action = (shown + number) % 3, list(actions)[(shown + number + 1) % 3]
        page.wait_for_function("before => seen().action === before && seen().soon", arg=before, polling=50, timeout=30_000)
        page.wait_for_timeout(130 * (number // 3))  # other frames than before
        click(page, f"Record {action}")
        done = f"Added a clip to {action}.|It is the same clip as one of {action}"  # this camera can show the same frames again
        expect(status(page)).to_have_text(re.compile(done), timeout=20_000)
    learn_in(page)
    click(page, "Live")
    page.wait_for_timeout(3 * SECONDS * 1000 + 3000)
    live = page.evaluate("() => live")
    print(page.locator("#teach .rates").inner_text(), page.locator("#teach .score p").first.inner_text())
    for number, action in enumerate(actions):
        settled = [one["label"] == action for one in live if one["action"] == number and one["seconds"] > 3.2]
        assert len(settled) >= 5 and sum(settled) > len(settled) / 2, (action, [one["label"] for one in live])
    browser.close()
