"""The browser's camera in a notebook: live predictions, and a machine that learns gestures.

Notebooks 06 (`live`) and 04 (`teach`) show the widgets. Each has a part in Python and a part in JavaScript.
"""
