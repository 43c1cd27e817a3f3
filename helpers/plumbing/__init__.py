"""Cache, downloads and messages: infrastructure that a reader of the lesson may skip."""
