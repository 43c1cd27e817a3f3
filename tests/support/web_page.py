"""The web page of web/, gathered in a folder and served with a log of what browsers ask for."""

from contextlib import contextmanager
from functools import partial

import pytest

from tests.support.servers import running
from tools.web.gather import gather
from tools.web.serve import Handler, Server


class LoggingHandler(Handler):
    """Serve files, and append (method, path, length of the body) of each request to the server's `log`."""

    def parse_request(self):
        parsed = super().parse_request()
        if parsed:
            self.server.log.append((self.command, self.path, int(self.headers.get("Content-Length") or 0)))
        return parsed


def gathered_page(folder, movinet_cache):
    """Gather the page; skip the test if npm or LiteRT.js cannot be downloaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("I3D_CACHE", str(movinet_cache))
        try:
            gather(folder)
        except SystemExit as error:
            pytest.skip(f"needs LiteRT.js from npm: {error}")
    return folder


@contextmanager
def served(folder):
    """Serve a folder; yield the server, with its `url` and the `log`."""
    with running(Server(("127.0.0.1", 0), partial(LoggingHandler, directory=folder))) as server:
        server.log, server.url = [], f"http://127.0.0.1:{server.server_port}/"
        yield server


# Playwright evaluates a text that is not a function with eval, which the page's Content-Security-Policy forbids.
PREDICT = """async (frames) => {
    const { loadMoViNet } = await import("./model/movinet.js");
    const stream = (await loadMoViNet()).newStream();
    const logits = [];
    for (const frame of frames) {
        const pixels = Float32Array.from(atob(frame), (letter) => letter.charCodeAt(0) * Math.fround(1 / 255));
        logits.push([...(await stream.next(pixels))]);
    }
    stream.close();
    return logits;
}"""
