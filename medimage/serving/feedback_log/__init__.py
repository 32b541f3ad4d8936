"""The log of feedback: what people said of predictions, to be held against the prediction log."""
