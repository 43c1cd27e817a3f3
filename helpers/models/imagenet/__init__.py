"""EfficientNet-Lite0, a network trained on single images, as a baseline that sees no movement. For notebook 04."""
