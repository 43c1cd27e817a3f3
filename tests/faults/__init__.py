"""Failures that a class meets: bad Wi-Fi, a full disk, thirty people at once, a file that is not a video, a hostile server.

Each ends in one of two ways: it works, or one clear error reports what happened and what to do. In both cases the cache
contains only complete, verified files, and the next try works.
"""
