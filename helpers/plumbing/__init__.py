"""Cache, downloads and messages: what the lesson needs, and a reader of it may skip."""
