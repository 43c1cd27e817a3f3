"""Stored features of UT-Interaction, and what was learned with MoViNet, recomputed where REAL_ACTIONS names a folder of clips."""

import os
import random

import numpy as np
import pytest

from helpers.learn.classifier import cross_validate
from helpers.learn.features import clip_features
from helpers.learn.stored_results import real_features, real_score, real_table
from tests.support.ut_interaction import find_real_clips

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


def test_the_features(model):
    """Of three clips, because I3D needs seconds for each."""
    paths, rows = find_real_clips(), real_features()
    for i in random.sample(range(len(paths)), 3):
        np.testing.assert_allclose(rows[i], clip_features(model, paths[i]).features, rtol=2e-3, atol=2e-3, err_msg=paths[i].name)
