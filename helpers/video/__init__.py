"""Video files, read as the frames that a model needs, and written: notebooks 01 (crop, frame rate) and 02 (your own video)."""
