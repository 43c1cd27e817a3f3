"""Experiments on models: what moves a prediction, and what was measured on real clips.

Notebooks 05 (experiments, occlusion) and 06 (MoViNet beside I3D) are about it.
"""
