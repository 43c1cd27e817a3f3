"""The colors of all charts; they differ in brightness as well, for readers who do not tell hues apart."""

BLUE, ORANGE, GRAY = "#2f5d9b", "#c8501e", "#767676"
