"""The stored scores of actions learned with MoViNet, recomputed where REAL_ACTIONS names a folder of the clips."""

import os
import re

import numpy as np
import pytest

from helpers.learn.classifier import cross_validate
from helpers.learn.features import clip_features
from helpers.learn.stored_results import real_score, real_table
from helpers.learn.ut_interaction import find_real_clips
from tests.network.tools.test_notebooks_online import SET_UP, run
from tests.support import TOP

TOLERANCE = 4  # of 120 predictions: int8 differs a little between processors


@pytest.fixture(autouse=True)
def real_actions():
    if not os.environ.get("REAL_ACTIONS"):
        pytest.skip("needs a folder of UT-Interaction's clips; the variable REAL_ACTIONS is not set")


@pytest.mark.parametrize("split", ["pair", "scene"])
def test_the_predictions(movinet, split):
    clips, rows = [clip_features(movinet, path) for path in find_real_clips()], real_table("movinet-a0")
    stored = real_score(split, "movinet-a0")
    computed = cross_validate(clips, stored.actions, [row[split] for row in rows])
    differ = np.count_nonzero(np.array(computed.predicted) != stored.predicted)
    assert differ <= TOLERANCE, f"{differ} predictions differ; measure again with make learned-clips"
    sizes = "width, height and length"
    assert computed.baselines[sizes] == stored.baselines[sizes], "the same files"


def test_notebook_06_computes_them(movinet):
    outputs = run(TOP, "06_teach_it_your_actions", [*SET_UP, "by-pair", "real-clips-here"])
    [same] = re.findall(r"the same prediction for (\d+) of 120 clips", outputs["real-clips-here"])
    assert int(same) >= 120 - TOLERANCE
