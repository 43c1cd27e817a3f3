"""What a tutorial in a classroom meets: bad Wi-Fi, a full disk, thirty people at once, a file that is no video, a lying server.

Each ends in one of two ways: it works, or one clear error says what happened and what to do. In both, the cache holds only
whole, verified files, and the next try works.
"""
