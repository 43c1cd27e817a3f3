"""The colors of all figures. They also differ in brightness, for colorblind readers."""

BLUE, ORANGE, GRAY = "#2f5d9b", "#c8501e", "#767676"
BAR_BLUE = "#4a7fc1"  # a contrast of 4 to 1 with a white and with a dark page
PALE_BLUE, PALE_ORANGE = "#dbe6f4", "#f7dccf"  # to fill boxes with black text
WORD_COLORS = ("#1f3d6b", "#2f5d9b", "#8a3311", "#5b2a6e", "#1d5a45")  # a contrast of 6 to 1 or more on white
