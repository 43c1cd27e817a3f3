"""What a model says about a video: the most probable actions, a timeline, and a copy of the video with captions.

Notebook 01 predicts short clips, and notebook 02 long videos.
"""
