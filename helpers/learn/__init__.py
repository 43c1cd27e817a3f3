"""Learn new actions from the features of clips, and score what was learned on groups that were held out.

Notebook 04 is about it; the folder `many_clips` describes thousands of clips on many processes.
"""
