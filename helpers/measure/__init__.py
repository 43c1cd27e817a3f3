"""Experiments on models: what moves a prediction, and what was measured on real clips.

Notebooks 02 (occlusion), 03 (experiments) and 05 (MoViNet beside I3D) are about it.
"""
