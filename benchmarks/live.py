"""Measure the live camera: JupyterLab, and Chromium with a clip in place of a camera; and the memory of a kernel meanwhile."""

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from helpers import load_movinet, samples
from helpers.basics.messages import DownloadError
from tests.support import TOP
from tests.support.camera import ALLOWED, WATCH, camera_that_shows
from tests.support.lab import jupyterlab, open_and_run, write_notebook
from tests.support.live_kernel import MOVINET, growth_of_a_kernel

SECONDS, WARM_UP = 60, 6
CELL = "from helpers import live, load_movinet\nlive(load_movinet())"


def rows_of_live():
    """Yield sentences for RESULTS.md."""
    program = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    try:
        load_movinet()
    except DownloadError as error:
        yield f"Live was not measured: {error}"
        return
    if program:
        yield report_of(*predictions_of(program))
    else:
        yield "Live in a browser was not measured: there is no Chromium."
    with tempfile.TemporaryDirectory() as folder:
        growth = growth_of_a_kernel(MOVINET, folder)
    yield f"Memory of a kernel, live for ten minutes (3000 frames): {growth:+.1f} MB (at most +30)."


def report_of(seen, action):
    """Describe a minute of predictions in a sentence."""
    start = seen[0]["now"] - seen[0]["latency"]
    seconds = np.array([one["now"] - start for one in seen]) / 1000
    first = np.array([one["top"][0][0] == action for one in seen])
    rate = (len(seen) - 1) / (seconds[-1] - seconds[0])
    latency = np.percentile([one["latency"] for one in seen], 95)
    return (
        f"MoViNet-A0 live in Chromium for {SECONDS} s: {rate:.2f} frames a second (at least 4.9), 95% of them within "
        f"{latency:.0f} ms from frame to bars (at most 100); {action} is first in {first.mean():.0%} of the predictions, and in "
        f"{first[seconds >= WARM_UP].mean():.0%} of those after {WARM_UP} s."
    )


def predictions_of(program):
    """Return what a page shows in a minute (number, latency, time in ms, and top five of each prediction), and the action."""
    real = Path(os.environ.get("REAL_CLIPS", ""), "tai_chi.mp4")
    clip, action = (real, "tai chi") if real.is_file() else (samples["v_Cartwheel_g01_c01.avi"], "cartwheeling")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        notebooks, own = Path(folder, "tutorial", "notebooks"), Path(folder, "jupyter")
        notebooks.mkdir(parents=True)
        own.mkdir()
        write_notebook(notebooks / "live.ipynb", [CELL])
        camera = camera_that_shows(clip, Path(folder, "clip.y4m"))
        browser = playwright.chromium.launch(executable_path=program, args=[ALLOWED, *camera])
        with jupyterlab(notebooks.parent, own, PYTHONPATH=str(TOP)) as lab:
            page = browser.new_page(viewport={"width": 1200, "height": 900})
            page.add_init_script(WATCH)
            open_and_run(page, lab, "live.ipynb")
            page.get_by_role("button", name="Start camera").click()
            page.wait_for_timeout(1000 * SECONDS)
            seen = page.evaluate("predictions")
            browser.close()
    return seen, action
