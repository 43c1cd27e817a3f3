"""UCF101, a dataset of 13,320 short clips of 101 human actions, and folders that are named like it.

Soomro, Zamir & Shah, "UCF101: A Dataset of 101 Human Actions Classes From Videos in The Wild", 2012.
"""

import difflib
import html
import os
import random
import re
import tempfile
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from .plumbing.cache import cache_folder
from .plumbing.download import download
from .plumbing.messages import DownloadError, without_credentials, without_secrets

UCF101_ROOT = "https://www.crcv.ucf.edu/THUMOS14/UCF101/UCF101/"
VIDEO_NAME = re.compile(r"v_([A-Za-z]+)_g\d\d_c\d\d\.avi", re.ASCII)


class UCF101:
    """The clips below one web address or in one folder, by name.

    Parameters
    ----------
    root : str or Path, optional
        A web page that lists the videos, or a folder. By default the variable UCF101_ROOT, and without it the dataset's home.

    Examples
    --------
    >>> from helpers import samples
    >>> samples["v_Cartwheel_g01_c01.avi"].name
    'v_Cartwheel_g01_c01.avi'
    """

    def __init__(self, root=None):
        self.root = str(root or os.environ.get("UCF101_ROOT") or UCF101_ROOT)
        self.on_the_web = "://" in self.root

    @cached_property
    def videos(self):
        """Names of all videos, sorted. Raises DownloadError or FileNotFoundError if the root cannot be read."""
        listed = self._links() if self.on_the_web else os.listdir(self._folder())
        names = sorted({name for name in listed if VIDEO_NAME.fullmatch(name)})
        if not names:
            raise FileNotFoundError(
                f"{without_secrets(self.root)} lists no video: needed names like v_CricketShot_g04_c02.avi. "
                "Set the variable UCF101_ROOT to an address or a folder that has some."
            )
        return names

    @property
    def categories(self):
        """Action to the names of its videos: dict of str to list of str."""
        categories = {}
        for name in self.videos:
            categories.setdefault(VIDEO_NAME.match(name).group(1), []).append(name)
        return categories

    def __len__(self):
        return len(self.videos)

    def __getitem__(self, name):
        """Return the path of one clip, fetched the first time.

        Raises
        ------
        KeyError
            If no video has that name; the message suggests the nearest ones.
        DownloadError
            If it cannot be fetched.
        """
        if name not in self.videos:
            # All of UCF101 is compared, but not an index of a million names, which would take minutes.
            nearest = ", ".join(difflib.get_close_matches(name, self.videos[:20_000], n=3, cutoff=0))
            raise KeyError(
                f"{name} is not among the {len(self)} videos of {without_secrets(self.root)}; the nearest are {nearest}"
            )
        if not self.on_the_web:
            return self._folder() / name
        path = cache_folder() / re.sub(r"\W+", "_", without_credentials(self.root)) / name
        with self._advice():
            return download(f"{self.root.rstrip('/')}/{name}", path, starts_with=b"RIFF")

    def random(self, seed=None):
        """Return the path of a clip chosen at random; the same one for the same seed."""
        return self[random.Random(seed).choice(self.videos)]

    def __repr__(self):
        rows = [f"  {action:<20} {len(names):>4}   {', '.join(names[:2])}" for action, names in self.categories.items()]
        return "\n".join([self._summary(), *rows])

    def _repr_html_(self):
        rows = "".join(
            f"<tr><td>{action}</td><td>{len(names)}</td><td>{', '.join(names[:2])}</td></tr>"
            for action, names in self.categories.items()
        )
        return (
            f"<table><caption>{html.escape(self._summary())}</caption>"
            "<thead><tr><th>category</th><th>videos</th><th>the first two</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )

    def _folder(self):
        folder = Path(self.root).expanduser()
        if not folder.is_dir():
            raise FileNotFoundError(
                f"{without_secrets(self.root)} is no folder. "
                "Set the variable UCF101_ROOT to a folder of clips or to a web address."
            )
        return folder

    def _links(self):
        with self._advice(), tempfile.TemporaryDirectory() as folder:
            page = download(self.root, Path(folder) / "index.html").read_text(errors="replace")
        return re.findall(r'href="([^"]+)"', page)

    @contextmanager
    def _advice(self):
        try:
            yield
        except DownloadError as error:
            raise DownloadError(
                f"{error} To go on without it, use `samples`, the clips that come with this tutorial, "
                "or set the variable UCF101_ROOT to a mirror or to a folder of clips."
            ) from None

    def _summary(self):
        return f"{len(self):,} videos in {len(self.categories)} categories"


samples = UCF101(Path(__file__).parent.parent / "samples")
