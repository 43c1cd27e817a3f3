"""Serve the folder from make.py to the computers in the room, until Ctrl+C."""

import argparse
import socket
import sys
from pathlib import Path

from psutil import net_if_addrs

from helpers.basics.cache import file_sha256
from tools.classroom.tally import LARGEST, Tally
from tools.web import serve

TOP = Path(__file__).resolve().parents[2]


class Server(serve.Server):
    """A web server for an entire class."""

    request_queue_size = 128  # students may connect all at once

    def __init__(self, *arguments):
        self.tally = Tally()
        super().__init__(*arguments)


class Handler(serve.QuietHandler):
    """Serve files, and count answers to quizzes. For each student, log only the lesson and the weights."""

    def do_GET(self):
        if self.path != "/quiz":
            return super().do_GET()
        page = self.server.tally.page().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length", 0))
            if self.path != "/quiz" or not 0 <= length <= LARGEST:
                raise ValueError("not the answers to a quiz")
            self.server.tally.add(self.rfile.read(length))
        except ValueError:
            return self.send_error(400)
        self.send_response(204)
        self.end_headers()

    def log_request(self, code="-", size="-"):
        if code == 200 and self.path == "/lesson.zip":
            print(f"{self.client_address[0]} downloads the lesson and the packages", flush=True)
        if code == 200 and self.path.startswith("/weights/i3d"):
            print(f"{self.client_address[0]} has the packages and downloads the weights", flush=True)


def own_addresses():
    """Return the IPv4 addresses of this computer in its local networks."""
    found = [entry for entries in net_if_addrs().values() for entry in entries if entry.family == socket.AF_INET]
    loopback, link_local = "127.", "169.254."
    return [entry.address for entry in found if not entry.address.startswith((loopback, link_local))]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=TOP / "build" / "classroom", help="folder to serve (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port number (default: %(default)s)")
    options = parser.parse_args(arguments)
    if not (options.folder / "index.html").is_file():
        sys.exit(f"{options.folder} is not a complete classroom: run make classroom first, with an internet connection.")
    server = serve.listening(Server, "", Handler, options)
    pages = " or ".join(f"http://{address}:{options.port}" for address in own_addresses())
    if not pages:
        sys.exit("This computer has no Wi-Fi or LAN connection, so students cannot reach it. Connect it, then run this again.")
    print(f"Students open {pages} in a browser and copy a line from there into a terminal.")
    print(f"The line must have, after ==, {file_sha256(options.folder / 'join.py')[:16]}. Ctrl+C stops the server.", flush=True)
    print(f"Answers to the quizzes, counted without names: http://127.0.0.1:{options.port}/quiz", flush=True)
    if (options.folder / "web").is_dir():
        print(f"Show actions in the browser, with the camera, on this computer: http://127.0.0.1:{options.port}/web/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("The classroom is closed.")


if __name__ == "__main__":
    main()
