"""The web page that recognizes actions, in Chromium: its predictions are Python's, and nothing leaves it."""

import base64
import csv
import shutil

import numpy as np
import pytest
from playwright.sync_api import expect

from helpers import predict, read_video, samples
from helpers.video.writing import write_video
from tests.support.axe import findings
from tests.support.camera import ALLOWED, COUNT_DRAWINGS, DENIED, WATCH, camera_that_shows
from tests.support.web_page import PREDICT, gathered_page, served
from tools.web.gather import write_list

SAMPLE = "v_Cartwheel_g01_c01.avi"
TRACKS = "() => streams.flatMap((stream) => stream.getTracks()).map((track) => track.readyState)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, movinet_cache):
    return gathered_page(tmp_path_factory.mktemp("page") / "web", movinet_cache)


@pytest.fixture(scope="module")
def site(folder):
    with served(folder) as server:
        yield server


@pytest.fixture(scope="module")
def chromium(launch, tmp_path_factory):
    """Chromium with a camera that shows a cartwheel."""
    browser = launch(ALLOWED, *camera_that_shows(samples[SAMPLE], tmp_path_factory.mktemp("camera") / "clip.y4m"))
    yield browser
    browser.close()


def opened(browser, url, **settings):
    """Open the page in a context of its own."""
    page = browser.new_context(**settings).new_page()
    page.set_default_timeout(20000)
    page.add_init_script(WATCH)
    page.goto(url)
    return page


@pytest.fixture
def page(chromium, site):
    page = opened(chromium, site.url)
    expect(status(page)).to_have_text("Ready: start the camera, or choose a video.", timeout=20000)
    yield page
    page.context.close()


def status(page):
    return page.locator("#recognize .status")


def top_labels(page):
    return page.locator("#recognize .predictions .label").all_inner_texts()


def read(page, path, timeout=30000):
    """Choose a video once the network is loaded, and wait for its timeline."""
    expect(page.locator("#file")).to_be_enabled(timeout=20000)
    page.locator("#file").set_input_files(path)
    expect(page.locator("#recognize .result")).to_be_visible(timeout=timeout)


def choose(page, content, name="clip.mp4"):
    page.locator("#file").set_input_files({"name": name, "mimeType": "video/mp4", "buffer": content})


@pytest.fixture
def clip(tmp_path):
    """A sample in a format that browsers decode."""
    return write_video(read_video(samples[SAMPLE], size=240, crop_fraction=1), tmp_path / "cartwheel.mp4", crf=18)


def test_logits_are_those_of_python(page, movinet):
    frames = movinet.read_video(samples[SAMPLE])
    with movinet.start() as stream:
        expected = [stream.step(frame) for frame in frames]
    found = page.evaluate(PREDICT, [base64.b64encode(frame.tobytes()).decode() for frame in frames])
    assert np.abs(np.array(found) - expected).max() <= 1e-5


def test_a_file_gets_the_timeline_of_python(page, movinet, clip, tmp_path):
    read(page, clip)
    expected = predict(movinet, movinet.labels, movinet.read_video(clip))
    assert top_labels(page)[0] == expected.top[0][0] == "cartwheeling"
    expect(status(page)).to_contain_text("cartwheel.mp4: 0:0")
    expect(page.locator("#recognize tbody")).to_contain_text("cartwheeling")
    assert "Probabilities of 6 actions over 0:02" in page.locator("#recognize .plot svg").get_attribute("aria-label")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    assert download.value.suggested_filename == "cartwheel.csv"
    download.value.save_as(tmp_path / "timeline.csv")
    rows = list(csv.reader((tmp_path / "timeline.csv").open(encoding="utf-8", newline="")))
    assert rows[0] == ["seconds", "rank", "action", "probability"] and len(rows) == 1 + 5 * 13
    assert rows[-5][:3] == ["2.60", "1", "cartwheeling"]
    assert float(rows[-5][3]) == pytest.approx(expected.top[0][1], abs=0.15)  # of a decoder with other colors


def test_real_files_get_the_top1_of_python(page, movinet, real_clips):
    """In one clip, another decoder's colors may decide between two actions."""
    same, decoded = 0, 0
    for path in sorted(real_clips.glob("*.mp4")):
        page.locator("#recognize .seconds").select_option("0")
        choose(page, path.read_bytes(), path.name)
        expect(page.locator("#recognize .reading")).to_be_hidden(timeout=30000)
        if not page.locator("#recognize .result").is_visible():
            continue
        decoded += 1
        same += top_labels(page)[0] == predict(movinet, movinet.labels, movinet.read_video(path)).top[0][0]
    assert decoded >= 5 and same >= decoded - 1


def test_the_sample_shows_three_actions(page):
    page.keyboard.press("Tab")
    while page.evaluate("() => document.activeElement.textContent") != "Try the sample":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#recognize .result")).to_be_visible(timeout=30000)
    assert page.locator("#recognize tbody td:nth-child(3)").all_inner_texts() == ["jogging", "cartwheeling", "backflip (human)"]
    page.get_by_role("button", name="Show 0:06, cartwheeling").click()
    expect(page.locator("#recognize .rates")).to_contain_text("After 6.")
    page.get_by_label("Predict from").select_option("everything since the start")
    expect(page.locator("#recognize .progress-text")).to_contain_text("Reading sample.mp4: 0:0")


# Let downloads wait for `deliver()`.
DELAY = """() => {
    const get = window.fetch;
    window.fetch = async (...request) => {
        await new Promise((resolve) => (window.deliver = resolve));
        return get(...request);
    };
}"""


def test_the_sample_does_not_replace_what_was_started_while_it_was_downloaded(page, clip):
    page.evaluate(DELAY)
    page.get_by_role("button", name="Try the sample").click()
    expect(status(page)).to_have_text("Downloading the sample.")
    read(page, clip)
    page.evaluate("() => deliver()")
    page.wait_for_timeout(1000)
    expect(status(page)).to_contain_text("cartwheel.mp4: ")


def test_the_camera_is_off_in_a_view_that_is_left_and_on_if_its_own_link_is_clicked(page):
    page.get_by_role("button", name="Start camera").click()
    page.wait_for_function("() => predictions.length > 0")
    page.get_by_role("link", name="Recognize").click()
    page.wait_for_function("() => location.hash === '#recognize'")
    page.wait_for_timeout(300)
    assert page.evaluate(TRACKS) == ["live"]
    page.get_by_role("navigation").get_by_role("link", name="Teach").click()
    page.wait_for_function("() => streams[0].getTracks()[0].readyState === 'ended'")


def test_the_camera_is_recognized_live(page):
    page.get_by_role("button", name="Start camera").click()
    page.wait_for_function("() => predictions.some(({ number, top }) => number > 8 && top[0][0] === 'cartwheeling')")
    expect(status(page)).to_have_text("Live.")
    expect(page.locator("#recognize .rates")).to_contain_text("frames a second")
    expect(page.locator("#recognize .announcement")).to_contain_text("Most probable: ")
    page.get_by_role("button", name="Stop camera").click()
    expect(status(page)).to_have_text("Stopped. The camera is off.")
    assert page.evaluate(TRACKS) == ["ended"]


def test_the_camera_needs_no_canvas(page):
    """Chromium keeps each picture that is drawn to one in a cache, which grows to more than 300 MB."""
    page.evaluate(COUNT_DRAWINGS)
    page.get_by_role("button", name="Start camera").click()
    page.wait_for_function("() => predictions.length > 5")
    assert page.evaluate("() => drawn") == 0


def test_a_copied_picture_is_that_of_a_canvas(page, clip):
    copy = """async (content) => {
        const { openVideo } = await import("./video/file.js");
        const { copySquare } = await import("./camera/copy.js");
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        const { video } = await openVideo(new File([bytes], "clip.mp4"));
        const side = 160;
        const context = Object.assign(document.createElement("canvas"), { width: side, height: side }).getContext("2d");
        context.drawImage(video, 40, 20, side, side, 0, 0, side, side);
        const copied = await copySquare(video, { left: 40, top: 20, side });
        return {
            drawn: [...context.getImageData(0, 0, side, side).data],
            copied: [...copied],
            ofAnOddColumn: await copySquare(video, { left: 41, top: 20, side }),
        };
    }"""
    found = page.evaluate(copy, base64.b64encode(clip.read_bytes()).decode())
    assert np.ptp(found["drawn"]) > 100 and found["copied"] == found["drawn"]
    assert found["ofAnOddColumn"] is None  # a canvas is used instead


def test_another_view_turns_the_camera_off(page):
    page.get_by_role("button", name="Start camera").click()
    page.wait_for_function("() => predictions.length > 1")
    page.get_by_role("link", name="Teach").first.click()
    expect(page.locator("#recognize")).to_be_hidden()
    assert page.evaluate(TRACKS) == ["ended"]
    page.get_by_role("link", name="Recognize").click()
    expect(status(page)).to_have_text("The camera is off.")


def test_an_unplugged_camera(page):
    page.get_by_role("button", name="Start camera").click()
    page.wait_for_function("() => predictions.length > 1")
    page.evaluate("() => { streams[0].getTracks()[0].dispatchEvent(new Event('ended')); }")
    expect(status(page)).to_have_text("The camera was disconnected.")
    expect(page.get_by_role("button", name="Start camera")).to_be_visible()


@pytest.mark.parametrize(
    "arguments, line",
    [
        ([ALLOWED], "No camera was found: connect one, then start again."),
        ([DENIED, "--use-fake-device-for-media-stream"], "The camera is not allowed here: allow it for this page"),
    ],
)
def test_without_a_camera_or_permission(launch, site, arguments, line):
    browser = launch(*arguments)
    page = opened(browser, site.url)
    page.get_by_role("button", name="Start camera").click()
    expect(status(page)).to_contain_text(line)
    browser.close()


def frames_of(count, height, width):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), np.uint8)


def test_files_that_cannot_be_used_are_one_line(page, tmp_path):
    choose(page, b"not a video", "notes.txt")
    expect(status(page)).to_contain_text("notes.txt is not a video that this browser can decode. Convert it to MP4")
    choose(page, samples[SAMPLE].read_bytes(), SAMPLE)
    expect(status(page)).to_contain_text(f"{SAMPLE} is not a video that this browser can decode.")
    one = write_video(frames_of(1, 48, 64), tmp_path / "one.mp4", fps=25)
    choose(page, one.read_bytes(), "one.mp4")
    expect(status(page)).to_have_text("one.mp4 is shorter than 0.1 s, which is too short for one frame. Use a longer video.")
    assert page.locator("#recognize .result").is_hidden()


def test_a_tiny_video(page, tmp_path):
    read(page, write_video(frames_of(10, 4, 6), tmp_path / "tiny.mp4", fps=5))
    expect(page.locator("#recognize tbody tr")).not_to_have_count(0)


def test_a_long_video_can_be_stopped(page, tmp_path):
    long = write_video((frame for _ in range(7200) for frame in frames_of(1, 48, 48)), tmp_path / "long.mp4", fps=1, crf=40)
    page.locator("#file").set_input_files(long)
    expect(page.locator("#recognize .progress-text")).to_contain_text("of 120:00, about")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#recognize .result .note")).to_contain_text("of 120:00.")
    expect(status(page)).to_contain_text("Stopped at 0:")


def test_another_source_replaces_the_first(page, tmp_path, clip):
    long = write_video((frame for _ in range(300) for frame in frames_of(1, 48, 48)), tmp_path / "long.mp4", fps=1, crf=40)
    page.locator("#file").set_input_files(long)
    expect(page.locator("#recognize .progress-text")).to_contain_text("Reading long.mp4: 0:0")
    read(page, clip)
    expect(status(page)).to_contain_text("cartwheel.mp4: ")
    page.locator("#file").set_input_files(long)
    expect(page.locator("#recognize .progress-text")).to_contain_text("Reading long.mp4: 0:0")
    page.get_by_role("button", name="Start camera").click()
    expect(status(page)).to_have_text("Live.")
    assert page.locator("#recognize .reading").is_hidden() and page.locator("#recognize .result").is_hidden()


def test_a_dropped_video_is_read(page, clip):
    drop = """(root, contents) => {
        const files = new DataTransfer();
        for (const content of contents) {
            files.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], "dropped.mp4"));
        }
        root.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
    }"""
    content = base64.b64encode(clip.read_bytes()).decode()
    page.locator("#recognize").evaluate(drop, [content, content])
    expect(status(page)).to_have_text("Drop one video at a time: these are 2 files.")
    page.locator("#recognize").evaluate(drop, [content])
    expect(status(page)).to_contain_text("dropped.mp4: 0:0", timeout=30000)


def test_a_recording_of_the_browser_which_does_not_say_how_long_it_is(page):
    page.evaluate("""async () => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
        const context = canvas.getContext("2d");
        const drawing = setInterval(() => context.fillRect(Math.random() * 64, 0, 8, 64), 40);
        const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: "video/webm" });
        recorder.start();
        await new Promise((resolve) => setTimeout(resolve, 1500));
        const recorded = new Promise((resolve) => (recorder.ondataavailable = ({ data }) => resolve(data)));
        recorder.stop();
        const files = new DataTransfer();
        files.items.add(new File([await recorded], "recording.webm"));
        clearInterval(drawing);
        document.querySelector("#recognize").dispatchEvent(new DragEvent("drop", { dataTransfer: files, cancelable: true }));
    }""")
    expect(page.locator("#recognize .result")).to_be_visible(timeout=30000)
    expect(page.locator("#recognize .rates")).to_contain_text("After 1.")


def changed(content):
    return bytes([content[0] ^ 1]) + content[1:]


@pytest.mark.parametrize(
    "name, change, line",
    [
        ("movinet_a0_stream_int8.tflite", changed, "movinet_a0_stream_int8.tflite is not the published file, so it was not used"),
        ("kinetics_600_labels.txt", changed, "kinetics_600_labels.txt is not the published file, so it was not used"),
        ("kinetics_600_labels.txt", None, "kinetics_600_labels.txt could not be downloaded (the server replied 404)."),
    ],
)
def test_a_file_of_the_page_that_is_damaged_or_missing(chromium, site, folder, name, change, line):
    page = chromium.new_page()
    content = (folder / "data" / name).read_bytes()
    reply = {"body": change(content)} if change else {"status": 404}
    page.route(f"**/data/{name}", lambda route: route.fulfill(**reply))
    page.goto(site.url)
    expect(page.locator("#loading")).to_contain_text(line, timeout=20000)
    expect(page.get_by_role("button", name="Start camera")).to_be_disabled()
    page.context.close()


def test_a_browser_without_simd(chromium, site):
    page = chromium.new_page()
    page.add_init_script("WebAssembly.validate = () => false;")
    page.goto(site.url)
    expect(page.locator("#loading")).to_contain_text("This browser has no WebAssembly with SIMD")
    page.context.close()


def test_without_crypto_subtle_as_at_http_addresses(chromium, site):
    page = chromium.new_page()
    page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined });")
    page.goto(site.url)
    expect(status(page)).to_contain_text("Ready", timeout=20000)
    page.context.close()


def test_nothing_is_sent(chromium, site, clip):
    page = opened(chromium, "about:blank")
    requests, before = [], len(site.log)
    page.context.on("request", lambda request: requests.append(request))
    page.goto(site.url)
    expect(page.locator("#offline")).to_have_text("This page now works without a network, too.", timeout=20000)
    read(page, clip)
    page.get_by_role("button", name="Start camera").click()
    page.wait_for_function("() => predictions.length > 15")
    elsewhere = [request.url for request in requests if not request.url.startswith((site.url, "blob:", "data:"))]
    assert len(requests) > 20 and elsewhere == []
    assert [
        entry for entry in site.log[before:] if entry[0] != "GET" or entry[2] or "?" in entry[1].split("service_worker.js")[0]
    ] == []
    assert page.context.cookies() == []
    page.context.close()


def test_it_works_without_a_network(chromium, folder, tmp_path, clip):
    shutil.copytree(folder, tmp_path / "web")
    with served(tmp_path / "web") as server:
        page = opened(chromium, server.url)
        expect(page.locator("#offline")).to_have_text("This page now works without a network, too.", timeout=20000)
    page.reload()
    read(page, clip)
    assert top_labels(page)[0] == "cartwheeling"
    page.context.close()


def test_a_new_version_is_shown_after_another_visit(chromium, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "web")
    index = tmp_path / "web" / "index.html"
    with served(tmp_path / "web") as server:
        page = opened(chromium, server.url)
        expect(page.locator("#offline")).to_have_text("This page now works without a network, too.", timeout=20000)
        index.write_text(index.read_text(encoding="utf-8").replace("What are they doing?", "Updated"), encoding="utf-8")
        write_list(tmp_path / "web")
        for _ in range(20):  # while the new version is downloaded
            page.reload()
            expect(page.locator("#offline")).to_have_text("This page now works without a network, too.", timeout=20000)
            if page.locator("#recognize h2").inner_text() == "Updated":
                break
            page.wait_for_timeout(1000)
        assert page.locator("#recognize h2").inner_text() == "Updated"
    page.context.close()


@pytest.mark.parametrize("settings", [{}, {"color_scheme": "dark"}, {"viewport": {"width": 320, "height": 640}}], ids=str)
def test_accessibility(chromium, site, clip, screenshots, settings):
    page = opened(chromium, site.url, **settings)
    assert findings(page) == []
    read(page, clip)
    page.locator("#recognize .labels summary").click()
    assert findings(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), "nothing scrolls sideways"
    levels = [int(heading.evaluate("heading => heading.tagName[1]")) for heading in page.locator("h1, h2, h3").all()]
    assert levels[0] == 1 and levels.count(1) == 1 and all(below - above <= 1 for above, below in zip(levels, levels[1:]))
    name = settings.get("color_scheme") or ("phone" if settings else "wide")
    page.locator("#recognize .labels summary").click()
    page.screenshot(path=screenshots / f"web-{name}.png", full_page=True)
    page.context.close()


def test_all_labels_are_listed(page, movinet):
    assert page.locator("#recognize .labels li").all_text_contents() == movinet.labels
