"""Collections of clips: the samples, UCF101, and folders of the reader's own, with the action and the group of each clip.

Notebook 01 chooses clips from it, and a script in docs/scale.md learns from them.
"""
