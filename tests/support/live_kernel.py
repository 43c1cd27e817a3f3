"""A kernel with a live camera, fed with frames by messages as a browser does."""

import sys

import numpy as np
import psutil

from tests.support.upload_front_end import kernel, replies_to, send_to_widget, texts, widgets_of

BRIGHTNESS = "from tests.support.brightness import BrightnessModel\nmodel = BrightnessModel(172)"
MOVINET = "from helpers import load_movinet\nmodel = load_movinet()"


def show_camera(client, code):
    """Show the live camera for the `model` that this code makes; return its widget."""
    widgets = widgets_of(client, f"{code}\nfrom helpers import live\ncamera = live(model)")
    [camera] = [widget for widget in widgets if widget["data"]["state"]["_model_name"] == "AnyModel"]
    return camera


def growth_of_a_kernel(code, folder, **variables):
    """Return the megabytes by which a kernel grows in ten minutes of frames, sent as fast as it predicts them."""
    pixels = np.random.default_rng(0).integers(0, 256, (100, 172 * 172 * 3), np.uint8)
    with kernel(sys.executable, folder, **variables) as client:
        widget = show_camera(client, code)
        process = psutil.Process(int(texts(replies_to(client, client.execute("import os; print(os.getpid())")))))
        assert send_to_widget(client, widget, {"type": "start", "session": "one"}) == []
        for number in range(3300):
            content = {"type": "frame", "session": "one", "number": number}
            [reply] = send_to_widget(client, widget, content, [pixels[number % 100].tobytes()])
            assert (reply["type"], reply["number"]) == ("prediction", number)
            if number == 299:
                before = process.memory_info().rss
        return (process.memory_info().rss - before) / 1e6
