"""What the notebooks show: figures, animations, and alternative text."""
