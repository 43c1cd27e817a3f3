"""Serve the folder from gather.py to this computer, until Ctrl+C."""

import argparse
import os
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
# On Windows, Python takes types from the registry, where other programs may have changed them.
TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".mp4": "video/mp4", ".svg": "image/svg+xml", ".css": "text/css"}


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve files, without a log."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, **TYPES}

    def log_message(self, *message):
        pass


class Handler(QuietHandler):
    """Serve the page."""

    def end_headers(self):
        self.send_header("Cache-Control", "no-cache")  # so that browsers ask whether a file was changed
        super().end_headers()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # on Windows, two servers could use the same port

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a browser disconnected
            super().handle_error(request, client_address)


def listening(server, host, handler, options):
    """Return a server of a folder; exit with a message if its port cannot be used."""
    try:
        return server((host, options.port), partial(handler, directory=options.folder))
    except OSError as error:
        sys.exit(f"Port {options.port} cannot be used: {error.strerror}. Choose another port: add ARGS='--port 8009' after make.")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=TOP / "build" / "web", help="folder to serve (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8008, help="port number, 0 for any (default: %(default)s)")
    options = parser.parse_args(arguments)
    if not (options.folder / "files.js").is_file():
        sys.exit(f"{options.folder} is not complete: run make web first, with an internet connection.")
    server = listening(Server, "127.0.0.1", Handler, options)
    print(f"Open http://127.0.0.1:{server.server_port}/ in a browser. Ctrl+C stops the server.", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("The server has stopped.")
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
