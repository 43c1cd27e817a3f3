"""Load the model and predict one clip, as in a new kernel of this tutorial. older_tutorials.py does the same in their way."""

import sys

from helpers import kinetics_labels, load_i3d, predict, read_video

print(predict(load_i3d(), kinetics_labels(), read_video(sys.argv[1])))
