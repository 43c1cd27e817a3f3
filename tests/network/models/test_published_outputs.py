"""The outputs that I3D's authors published for their example, a clip of cricket, from the published weights and input.

These tests download some 180 MB from GitHub, and are skipped where it cannot be reached. They could not be run where they were
written.
"""

import numpy as np
import pytest

from helpers import kinetics_labels, load_i3d
from helpers.basics.download import download
from helpers.basics.messages import DownloadError
from helpers.models.i3d import authors

LABELS = "label_map.txt"
# From out/imagenet_rgb.txt, imagenet_flow.txt and imagenet_joint.txt in the authors' repository, at the commit in ADDRESS: the
# norm of the logits, and the 20 largest. In that commit, out/no_imagenet_*.txt have the same content.
NORMS = {"RGB": 87.108871, "flow": 63.252754, "default": 138.468658}
LOGITS = {
    "RGB": {
        "playing cricket": 25.856646,
        "playing kickball": 12.330335,
        "catching or throwing baseball": 11.254371,
        "shooting goal (soccer)": 10.883866,
        "catching or throwing softball": 10.393131,
        "throwing discus": 10.008317,
        "javelin throw": 9.804514,
        "golf putting": 9.681604,
        "jogging": 9.49558,
        "hitting baseball": 9.490318,
        "triple jump": 9.3243265,
        "hurling (sport)": 8.685253,
        "skateboarding": 8.533437,
        "hurdling": 8.181894,
        "playing tennis": 8.133075,
        "breakdancing": 8.048665,
        "hammer throw": 7.969584,
        "shot put": 7.9668636,
        "long jump": 7.8151855,
        "headbutting": 7.7918606,
    },
    "flow": {
        "playing cricket": 15.957031,
        "hurling (sport)": 12.808723,
        "playing tennis": 10.527044,
        "playing squash or racquetball": 10.0088,
        "hitting baseball": 9.425033,
        "catching or throwing baseball": 8.879737,
        "sword fighting": 8.863155,
        "catching or throwing softball": 8.832453,
        "hammer throw": 7.6928024,
        "playing badminton": 7.481077,
        "pumping fist": 6.359167,
        "tai chi": 6.3529463,
        "training dog": 5.8576136,
        "catching or throwing frisbee": 5.744365,
        "throwing ball": 5.606787,
        "celebrating": 5.570133,
        "shot put": 5.5605125,
        "playing ice hockey": 5.3386106,
        "golf putting": 5.2955847,
        "pole vault": 5.2776113,
    },
    "default": {
        "playing cricket": 41.813675,
        "hurling (sport)": 21.493977,
        "catching or throwing baseball": 20.134108,
        "catching or throwing softball": 19.225584,
        "hitting baseball": 18.915352,
        "playing tennis": 18.660118,
        "playing kickball": 17.377878,
        "playing squash or racquetball": 16.627775,
        "shooting goal (soccer)": 15.996164,
        "hammer throw": 15.662386,
        "golf putting": 14.977189,
        "throwing discus": 14.671673,
        "javelin throw": 14.61809,
        "pumping fist": 13.917274,
        "shot put": 13.527376,
        "celebrating": 13.331253,
        "applauding": 12.880911,
        "throwing ball": 12.487497,
        "dodgeball": 12.358461,
        "tap dancing": 12.010079,
    },
}


@pytest.fixture(scope="module")
def label_map(tmp_path_factory):
    """The authors' list of labels; the tests are skipped if GitHub cannot be reached."""
    path = tmp_path_factory.mktemp("example") / LABELS
    try:
        return download(f"{authors.DATA}/{LABELS}", path, git_blob="cdaafcb1415eee46483561e78cb4747cce76a933")
    except DownloadError as error:
        pytest.skip(f"needs raw.githubusercontent.com: {str(error).splitlines()[0]}")


@pytest.mark.long
def test_the_labels_are_the_authors(label_map):
    assert label_map.read_text().splitlines() == kinetics_labels()


@pytest.mark.long
def test_both_streams_and_their_sum_are_the_published_outputs(label_map):
    files = (authors.example(f"v_CricketShot_g04_c01_{stream}.npy") for stream in ("rgb", "flow"))
    rgb, flow = (np.load(file).astype(np.float32) for file in files)
    assert (rgb.shape, flow.shape) == ((1, 79, 224, 224, 3), (1, 79, 224, 224, 2))
    model = load_i3d(weights="two_stream_imagenet")
    outputs = model((rgb, flow))
    for name, published in LOGITS.items():
        logits = outputs[name][0]
        assert np.linalg.norm(logits) == pytest.approx(NORMS[name], rel=1e-3), name
        assert {label: logits[model.labels.index(label)] for label in published} == pytest.approx(published, abs=0.01), name
