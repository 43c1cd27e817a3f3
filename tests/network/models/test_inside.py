"""Grad-CAM on I3D with the published weights."""

from helpers import kinetics_labels, read_video, samples
from helpers.measure.occlusion import top_cells
from helpers.models.i3d.inside import activations, grad_cam


def test_grad_cam_is_nonnegative_and_has_top_cells():
    import tensorflow as tf

    from helpers.models.i3d.loading import load_keras_i3d
    from helpers.video.preprocessing import to_batch

    network, clip = load_keras_i3d(), read_video(samples["v_Cartwheel_g01_c01.avi"])
    maps, _ = activations(network, ["Mixed_5c", "Logits"])(tf.constant(to_batch(clip)))
    heat = grad_cam(network, maps, kinetics_labels().index("cartwheeling"))
    assert heat.shape == (8, 7, 7) and heat.min() >= 0 and heat.max() > 0
    assert top_cells(heat).sum() == 39
