"""Features of thousands of clips, in many processes: what `python -m helpers features` runs. For the end of notebook 06."""
