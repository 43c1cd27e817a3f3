"""What the other rooms build on: the cache, downloads, messages, and statistics. It imports nothing of the helpers.

Not needed to follow the lessons, except for `exercises` and `statistics`, which notebooks 01 to 06 use.
"""
