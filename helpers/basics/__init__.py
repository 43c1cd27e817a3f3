"""What the other folders build on, which is not needed to follow the lessons; and the notebooks' `exercises` and `statistics`."""
