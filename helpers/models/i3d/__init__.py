"""I3D: the network, its published weights, and how TensorFlow Hub loads it. For notebooks 01 and 03."""
