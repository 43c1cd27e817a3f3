"""MoViNet, which predicts after each frame: its files, and how they are run with or without TensorFlow. For notebook 06."""
