"""Find the segmented clips of UT-Interaction, which are not part of this tutorial.

Ryoo & Aggarwal, "UT-Interaction Dataset", ICPR contest on Semantic Description of Human Activities, 2010.
"""

import os
from pathlib import Path

from helpers.basics.cache import expanded
from helpers.basics.listing import files_below
from helpers.clips.datasets import only_file
from helpers.learn.stored_results import real_table

SOURCE = "https://cvrc.ece.utexas.edu/SDHA2010/Human_Interaction.html"


def find_real_clips(folder: str | os.PathLike | None = None) -> list[Path]:
    """Return the path of each clip of `real_table`, in the order of its rows.

    Parameters
    ----------
    folder : str or Path, optional
        The folder to search, with its subfolders, for clips of these names. Default: the environment variable REAL_ACTIONS.

    Raises
    ------
    FileNotFoundError
        If no folder is named, or if clips are missing.
    ValueError
        If files of one name differ.
    """
    folder = folder or os.environ.get("REAL_ACTIONS")
    if not folder:
        raise FileNotFoundError(
            f"REAL_ACTIONS does not name a folder. Set it to one with the segmented clips of UT-Interaction, from {SOURCE}"
        )
    folder = expanded(folder)
    paths = files_below(folder) if folder.is_dir() else {}
    names = [row["file"] for row in real_table()]
    if missing := [name for name in names if name not in paths]:
        raise FileNotFoundError(
            f"{folder} lacks {len(missing)} of {len(names)} clips, such as {missing[0]}. "
            f"Download the segmented clips of UT-Interaction from {SOURCE}"
        )
    return [only_file(paths[name], "REAL_ACTIONS") for name in names]
