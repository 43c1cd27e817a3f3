"""Video files: read them as the frames that a model needs, and write them.

Notebooks 01 (the crop and the frame rate) and 04 (your own video) are about it.
"""
