"""The browser's camera in a notebook: live predictions, and a machine that learns gestures.

Notebooks 05 (`live`) and 06 (`teach`) show the widgets. Each has a part in Python and a part in JavaScript.
"""
