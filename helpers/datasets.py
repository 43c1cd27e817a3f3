"""UCF101, a dataset of 13,320 short clips of 101 human actions, and folders that are named like it.

Soomro, Zamir & Shah, "UCF101: A Dataset of 101 Human Actions Classes From Videos in The Wild", 2012.
"""

import difflib
import filecmp
import hashlib
import os
import random
import re
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from .display.dataset_table import dataset_table, dataset_text
from .plumbing.cache import cache_folder
from .plumbing.download import download
from .plumbing.messages import DownloadError, without_credentials, without_secrets

UCF101_ROOT = "https://www.crcv.ucf.edu/THUMOS14/UCF101/UCF101/"
VIDEO_NAME = re.compile(r"v_([A-Za-z]+)_g\d\d_c\d\d\.avi", re.ASCII)


class UCF101(Mapping):
    """A read-only mapping from the names of clips to their paths.

    Clips are downloaded one by one, when their paths are asked for. `values()` and `items()` are lazy too, but a loop over
    either downloads every clip; a loop over the names downloads none.

    Parameters
    ----------
    root : str or Path, optional
        A web page that links to the videos, or a folder that contains them, in subfolders too (UCF101's own archive has one
        for each action). Links to folders are not followed; of identical files with the same name the first by path is taken.
        Defaults to the environment variable UCF101_ROOT, or else to the dataset's web site.

    Examples
    --------
    >>> from helpers import samples
    >>> samples["v_Cartwheel_g01_c01.avi"].name
    'v_Cartwheel_g01_c01.avi'
    >>> "v_Cartwheel_g01_c01.avi" in samples
    True
    >>> next(iter(samples))
    'v_Backflip_g01_c01.avi'
    """

    # Mapping would compare all clips, and so download them.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __init__(self, root: str | os.PathLike | None = None):
        self.root = str(root or os.environ.get("UCF101_ROOT") or UCF101_ROOT)
        self.on_the_web = "://" in self.root

    @cached_property
    def videos(self) -> list[str]:
        """Names of all videos, sorted. Raises DownloadError or FileNotFoundError if the root cannot be read."""
        return sorted(self._files)

    @cached_property
    def _files(self):
        return self._list_files()

    def _list_files(self):
        """Map each video name to the files of that name, sorted by path; to () if the root is a web page."""
        files = dict.fromkeys(self._links(), ()) if self.on_the_web else self._files_below(self._folder())
        files = {name: paths for name, paths in files.items() if VIDEO_NAME.fullmatch(name)}
        if not files:
            advice = "Set the variable UCF101_ROOT to an address or a folder that has some."
            found = f"{without_secrets(self.root)} lists no video"
            raise FileNotFoundError(f"{found}: needed names like v_CricketShot_g04_c02.avi. {advice}")
        return files

    def is_reachable(self, timeout: float = 10) -> bool:
        """Tell whether the list of videos can be read within `timeout` seconds; `videos` raises the reason why not."""

        # In a thread, because nothing else limits a name server's time; without cached_property's lock, which all datasets share.
        def read_list():
            with suppress(DownloadError, OSError):
                vars(self)["_files"] = self._list_files()

        (thread := threading.Thread(target=read_list, daemon=True)).start()
        thread.join(timeout)
        return "_files" in vars(self)

    @property
    def categories(self) -> dict[str, list[str]]:
        """Action to the names of its videos."""
        categories: dict[str, list[str]] = {}
        for name in self.videos:
            categories.setdefault(name.split("_")[1], []).append(name)
        return categories

    def __len__(self) -> int:
        return len(self.videos)

    def __iter__(self) -> Iterator[str]:
        return iter(self.videos)

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __getitem__(self, name: str) -> Path:
        """Return the path of one clip; download it the first time.

        Raises
        ------
        KeyError
            If no video has that name; the message suggests similar ones.
        DownloadError
            If it cannot be downloaded.
        ValueError
            If files in several folders have that name and their contents differ.
        """
        if name not in self:
            raise KeyError(self._unknown(name))
        if not self.on_the_web:
            return self._only_file(name)
        with self._advice():
            return download(self._address(name), self._cache_folder() / name, starts_with=b"RIFF")

    def random(self, seed: int | None = None) -> Path:
        """Return the path of a clip chosen at random; the same one for the same seed."""
        return self[random.Random(seed).choice(self.videos)]

    def __repr__(self):
        return dataset_text(self.categories)

    def _repr_html_(self):
        return dataset_table(self.categories)

    def _unknown(self, name):
        if not isinstance(name, str):
            found = f"{without_secrets(name)} is of type {type(name).__name__}"
            return f"{found}: needed the name of a video, such as {self.videos[0]!r}. A loop over the dataset yields all names"
        # All of UCF101 is compared, but not an index of a million names, which would take minutes.
        nearest = ", ".join(difflib.get_close_matches(name, self.videos[:20_000], n=3, cutoff=0))
        return f"{name} is not among the {len(self)} videos of {without_secrets(self.root)}; the nearest are {nearest}"

    def _only_file(self, name):
        first, *others = self._files[name]
        for other in others:
            if not filecmp.cmp(first, other, shallow=False):
                raise ValueError(
                    f"{without_secrets(first)} and {without_secrets(other)} have the same name but are different videos. "
                    "Rename or remove one of them, or set the variable UCF101_ROOT to a folder that contains only one."
                )
        return first

    def _address(self, name):
        """Web address of one clip: a query, such as a token, stays at the end."""
        parts = urlsplit(self.root)
        return parts._replace(path=f"{parts.path.rstrip('/')}/{name}").geturl()

    def _cache_folder(self):
        """Where the clips of this web address are kept; the hash tells a-b.org from a.b.org."""
        root = without_credentials(self.root)
        readable = re.sub(r"\W+", "_", root.partition("?")[0])[:80]
        return cache_folder() / f"{readable}_{hashlib.sha256(root.encode()).hexdigest()[:16]}"

    @staticmethod
    def _files_below(folder: Path) -> dict[str, list[Path]]:
        os.listdir(folder)  # raises if the folder must not be read, which os.walk ignores
        files: dict[str, list[Path]] = {}
        for parent, _, names in sorted(os.walk(folder)):
            for name in names:
                files.setdefault(name, []).append(Path(parent, name))
        return files

    def _folder(self):
        folder = Path(self.root).expanduser()
        if not folder.is_dir():
            advice = "Set the variable UCF101_ROOT to a folder of clips or to a web address."
            raise FileNotFoundError(f"{without_secrets(self.root)} is not a folder. {advice}")
        return folder

    def _links(self):
        with self._advice(), tempfile.TemporaryDirectory() as folder:
            page = download(self.root, Path(folder) / "index.html").read_text(encoding="utf-8", errors="replace")
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


samples = UCF101(Path(__file__).parent.parent / "samples")
