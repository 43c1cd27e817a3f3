"""Models of actions that the reader taught: the network, the classifier, and the model card, in one folder. For notebook 04."""
