"""Serve the folder that make.py has gathered to the computers in the room, until Ctrl+C."""

import argparse
import os
import socket
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from psutil import net_if_addrs

from helpers.plumbing.cache import file_sha256

TOP = Path(__file__).resolve().parents[2]


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # a whole class that presses Enter at once
    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would let two servers have the same port

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a student who went away
            super().handle_error(request, client_address)


class Handler(SimpleHTTPRequestHandler):
    """Serves files, and says of each student only that one has begun, and has nearly everything."""

    def log_message(self, *message):
        pass

    def log_request(self, code="-", size="-"):
        if code == 200 and self.path == "/lesson.zip":
            print(f"{self.client_address[0]} has the lesson, and installs", flush=True)
        if code == 200 and self.path.startswith("/weights/i3d"):
            print(f"{self.client_address[0]} has the packages, and fetches the weights", flush=True)


def own_addresses():
    """Return this computer's addresses in the networks that it is in."""
    found = [entry for entries in net_if_addrs().values() for entry in entries if entry.family == socket.AF_INET]
    return [entry.address for entry in found if not entry.address.startswith(("127.", "169.254."))]  # itself; nobody gave it one


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=TOP / "build" / "classroom", help="what to serve")
    parser.add_argument("--port", type=int, default=8000, help="where to listen (8000)")
    options = parser.parse_args(arguments)
    if not (options.folder / "index.html").is_file():
        sys.exit(f"{options.folder} is no complete classroom: run make classroom first, while there is a network.")
    try:
        server = Server(("", options.port), partial(Handler, directory=options.folder))
    except OSError as error:
        sys.exit(f"Nothing can listen at port {options.port}: {error.strerror}. Choose another with --port.")
    pages = " or ".join(f"http://{address}:{options.port}" for address in own_addresses())
    if not pages:
        sys.exit("This computer is in no network, so nobody can reach it. Join the room's network, then run this again.")
    print(f"Students open {pages} in a browser, and copy a line from there into a terminal.")
    print(f"The line must have, after ==, {file_sha256(options.folder / 'join.py')[:16]}. Ctrl+C ends the lesson.", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("The classroom is closed.")


if __name__ == "__main__":
    main()
