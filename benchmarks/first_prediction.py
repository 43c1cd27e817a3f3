"""Do what a new kernel does in this tutorial: the counterpart of the main program of older_tutorials.py."""

import sys

from helpers import kinetics_labels, load_i3d, predict, read_video

print(predict(load_i3d(), kinetics_labels(), read_video(sys.argv[1])))
