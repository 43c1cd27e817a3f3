"""UCF101, a dataset of 13,320 short clips of 101 human actions, and folders of clips with names like UCF101's.

Soomro, Zamir & Shah, "UCF101: A Dataset of 101 Human Actions Classes From Videos in The Wild", 2012.
"""

import difflib
import filecmp
import html
import os
import random
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from ..basics.cache import expanded
from ..basics.download import download
from ..basics.listing import files_below, links_on, page_folder
from ..basics.messages import DownloadError, without_secrets

SAMPLES = Path(__file__).parents[2] / "samples"
UCF101_ROOT = "https://www.crcv.ucf.edu/THUMOS14/UCF101/UCF101/"
VIDEO_NAME = re.compile(r"v_([A-Za-z]+)_g(\d\d)_c\d\d\.avi", re.ASCII)


class UCF101(Mapping):
    """A read-only mapping from the names of clips to their paths.

    A clip is downloaded when its path is first requested. A loop over the names downloads nothing; a loop over `values()` or
    `items()` downloads every clip.

    Parameters
    ----------
    root : str or Path, optional
        A web page that links to the videos, or a folder that contains them. Subfolders are searched too, because UCF101's
        archive has one per action; symbolic links to folders are not followed. If several identical files have the same name,
        the first path in sorted order is returned. Default: the environment variable UCF101_ROOT, or else the dataset's
        website.

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

    # Mapping's comparison would download all clips.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __init__(self, root: str | os.PathLike | None = None) -> None:
        self.root = str(root or os.environ.get("UCF101_ROOT") or UCF101_ROOT)
        self.on_the_web = "://" in self.root  # a page, not a folder

    @cached_property
    def videos(self) -> list[str]:
        """Names of all videos, sorted.

        Raises
        ------
        DownloadError, FileNotFoundError
            If the web page cannot be downloaded, if the folder does not exist, or if there are no videos.
        """
        return sorted(self._files)

    @cached_property
    def _files(self) -> dict[str, Sequence[str | Path]]:
        return self._list_files()

    def _list_files(self) -> dict[str, Sequence[str | Path]]:
        """Map each video name to its files, sorted by path; for a web page, to its address."""
        found: Mapping[str, Sequence[str | Path]]
        with self._advice():
            if self.on_the_web:
                found = {name: [address] for name, address in links_on(self.root).items()}
            else:
                folder = expanded(self.root)
                if not folder.is_dir():
                    raise FileNotFoundError(
                        f"{without_secrets(self.root)} is not a folder. "
                        "Set the environment variable UCF101_ROOT to a folder of clips or to a web page."
                    )
                found = files_below(folder)
        files = {name: paths for name, paths in found.items() if VIDEO_NAME.fullmatch(name)}
        if not files:
            raise FileNotFoundError(
                f"{without_secrets(self.root)} lists no videos with names like v_CricketShot_g04_c02.avi. "
                "Set the environment variable UCF101_ROOT to a web page or a folder with such videos."
            )
        return files

    def is_reachable(self, timeout: float = 10) -> bool:
        """Return whether the list of videos can be read within `timeout` seconds; if not, `videos` raises the reason."""

        # A thread, because DNS lookups have no other timeout. It bypasses cached_property, whose lock all datasets share before
        # Python 3.12. From then on there is none: two threads may list the videos twice, with the same result.
        def read_list():
            with suppress(DownloadError, OSError):
                vars(self)["_files"] = self._list_files()

        (thread := threading.Thread(target=read_list, daemon=True)).start()
        thread.join(timeout)
        return "_files" in vars(self)

    @property
    def categories(self) -> dict[str, list[str]]:
        """Names of the videos of each action, both sorted."""
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
        """Return the path of one clip, which is downloaded on first use.

        Raises
        ------
        KeyError
            If no video has that name; the message suggests similar ones.
        DownloadError, ValueError
            If the clip cannot be downloaded, or if several files have that name and their contents differ.
        """
        if not isinstance(name, str):  # not every object can be looked up
            found = f"{without_secrets(name)} of type {type(name).__name__}"
            raise KeyError(
                f"the name of a video must be a str, such as {self.videos[0]!r}, not {found}. list(dataset) returns all names"
            )
        if name not in self:
            # 20,000 is more than UCF101 has. With a million names, the comparison would take minutes.
            nearest = ", ".join(difflib.get_close_matches(name, self.videos[:20_000], n=3, cutoff=0))
            place = without_secrets(self.root)
            raise KeyError(f"{name} is not among the {len(self)} videos of {place}; the most similar names are {nearest}")
        if not self.on_the_web:
            return only_file(self._files[name])
        with self._advice():
            return download(str(self._files[name][0]), page_folder(self.root) / name, starts_with=b"RIFF")

    def random(self, seed: int | None = None) -> Path:
        """Return the path of a random clip. The same seed returns the same clip."""
        return self[random.Random(seed).choice(self.videos)]

    def __repr__(self) -> str:
        rows = [f"  {action:<20} {len(names):>4}   {', '.join(names[:2])}" for action, names in self.categories.items()]
        return "\n".join([self._summary(), *rows])

    def _repr_html_(self) -> str:
        """Return a table; one that is longer than that of the sample clips scrolls."""
        rows = "".join(
            f"<tr><td>{html.escape(action)}</td><td>{len(names)}</td><td>{html.escape(', '.join(names[:2]))}</td></tr>"
            for action, names in self.categories.items()
        )
        # For accessibility, a scrolling region must have a name and be reachable by keyboard.
        return (
            '<div role="region" tabindex="0" aria-label="Categories and counts" '
            'style="display:inline-block; max-height:32em; overflow:auto">'
            f"<table><caption>{self._summary()}</caption>"
            "<thead><tr><th>category</th><th>videos</th><th>the first two</th></tr></thead>"
            f"<tbody>{rows}</tbody></table></div>"
        )

    def _summary(self) -> str:
        return f"{len(self):,} videos in {len(self.categories)} categories"

    @contextmanager
    def _advice(self) -> Iterator[None]:
        """Add to a DownloadError what to use instead of the dataset."""
        try:
            yield
        except DownloadError as error:
            raise DownloadError(
                f"{error} Instead, use `samples`, the clips that come with this tutorial, "
                "or set the environment variable UCF101_ROOT to a mirror or to a folder of clips."
            ) from None


def only_file(paths: Sequence[str | Path], variable: str = "UCF101_ROOT") -> Path:
    """Return the first of the files with one name; raise ValueError if they differ. `variable` names their folder."""
    first, *others = paths
    for other in others:
        if not filecmp.cmp(first, other, shallow=False):
            raise ValueError(
                f"{without_secrets(first)} and {without_secrets(other)} have the same name but are different videos. "
                f"Rename or remove one of them, or set the environment variable {variable} to a folder with only one of them."
            )
    return Path(first)


samples = UCF101(SAMPLES)
samples.__doc__ = "The 44 clips that come with the tutorial, which were rendered for it, as a `UCF101`."
