"""A small folder of actions to learn: sample clips from three sides."""

import shutil

from helpers import samples

SIDES = ("g01", "g02", "g03")  # the groups


def copy_actions(folder, actions):
    """Copy three clips of each action to <folder>/<name>/<clip>; `actions` maps actions of the samples to names."""
    for action, name in actions.items():
        (folder / name).mkdir(parents=True)
        for side in SIDES:
            shutil.copy(samples[f"v_{action}_{side}_c01.avi"], folder / name)
    return folder
