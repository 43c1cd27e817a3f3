"""A server on 127.0.0.1 that behaves like UCF101's."""

import contextlib
import os
import re
from itertools import cycle
from pathlib import Path

from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.support import TOP
from tests.support.servers import authority_with_intermediate, certificate_that_names_its_issuer, der, tls_context

CLASSIC = "v_CricketShot_g04_c02.avi"
CATEGORIES = ["CricketShot", *(f"Action{first}{second}" for first in "ABCDEFGHIJ" for second in "ABCDEFGHIJ")]
NAMES = [f"v_{action}_g{group:02}_c{clip:02}.avi" for clip in range(1, 7) for group in range(1, 26) for action in CATEGORIES][
    :13_320
]


def real_or_sample_clips():
    """Return clips of UCF101 if REAL_CLIPS names a folder that contains some, or else the samples."""
    folder = Path(os.environ.get("REAL_CLIPS") or TOP / "samples")
    return sorted(folder.glob("v_*_g??_c??.avi"))


def real_clip_or_another():
    """Return a function from a name to the path of a clip.

    A clip that is not available is replaced with another one; the clip `CLASSIC`, with another clip of the same match if
    possible.
    """
    clips = real_or_sample_clips()
    others = cycle(clips)

    def find(name):
        name = name.replace(CLASSIC, "v_CricketShot_g04_c01.avi")
        return next((clip for clip in clips if clip.name == name), next(others))

    return find


@contextlib.contextmanager
def serve_ucf101(folder, names=NAMES, find=None):
    """Serve a list of clips over TLS, without the intermediate certificate; yield the server and environment variables.

    `find` returns the file of a name; by default, that of `real_clip_or_another`.
    """
    find = find or real_clip_or_another()

    def send(request):
        return Response(find(request.path.rpartition("/")[2]).read_bytes())

    root, intermediate = authority_with_intermediate()
    root.cert_pem.write_to_path(folder / "root.pem")
    with HTTPServer() as issuer:
        issuer.expect_request("/intermediate.der").respond_with_data(der(intermediate), content_type="application/pkix-cert")
        pair = certificate_that_names_its_issuer(intermediate, issuer.url_for("/intermediate.der"))
        with HTTPServer(host="127.0.0.1", ssl_context=tls_context(folder, *pair)) as server:
            page = "".join(f'<a href="{name}">{name}</a> 2010-10-01 12:00  300K\n' for name in names)
            server.expect_request("/UCF101/").respond_with_data(page)
            server.expect_request(re.compile(r"/UCF101/v_\w+\.avi")).respond_with_handler(send)
            yield server, {"UCF101_ROOT": server.url_for("/UCF101/"), "REQUESTS_CA_BUNDLE": str(folder / "root.pem")}
            assert len(issuer.log) > 0, "without the missing certificate nothing can be downloaded"


def allow_private_issuers(top):
    """Let a copy of the tutorial look for a missing certificate on 127.0.0.1, too."""
    path = top / "helpers" / "basics" / "certificates.py"
    text = path.read_text(encoding="utf-8")
    assert "ALLOW_PRIVATE_ISSUERS = False" in text
    path.write_text(text.replace("ALLOW_PRIVATE_ISSUERS = False", "ALLOW_PRIVATE_ISSUERS = True"), encoding="utf-8")


def cache_of_its_own(folder):
    """Create a cache that contains the weights from the reader's own cache, but none of its clips."""
    from helpers.basics.cache import cache_folder

    folder.mkdir()
    for entry in cache_folder().iterdir():
        (folder / entry.name).symlink_to(entry)
    return {"I3D_CACHE": str(folder)}
