"""Infrastructure: cache, downloads, weights and messages. Not needed to follow the lessons."""
