"""Features of thousands of clips, in many processes: what `python -m helpers features` runs. See docs/scale.md."""
