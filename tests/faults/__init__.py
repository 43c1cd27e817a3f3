"""Failures that may occur in class: bad Wi-Fi, a full disk, thirty people at once, a file that is not a video, a hostile server.

In each test, the operation either succeeds or raises one clear error that states what happened and what to do. In both cases the
cache contains only complete, verified files, and the next try works.
"""
