"""The colors of all charts. They also differ in brightness, for colorblind readers."""

BLUE, ORANGE, GRAY = "#2f5d9b", "#c8501e", "#767676"
