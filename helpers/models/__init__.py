"""The networks, with one interface for all. For notebooks 01 and 03 (I3D), 06 (MoViNet) and 04 (learned models)."""
