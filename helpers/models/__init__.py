"""The networks: one interface for all (`video_model`), and I3D, MoViNet and learned models, each in its folder.

Notebooks 01 and 02 are about I3D, notebook 05 about MoViNet, and notebook 06 about learned models.
"""
