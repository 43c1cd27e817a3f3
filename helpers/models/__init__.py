"""The networks, with one interface for all. For notebooks 01 and 02 (I3D), 05 (MoViNet) and 06 (learned models)."""
