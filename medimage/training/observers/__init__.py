"""Those who are told how training goes: console, CSV, TensorBoard, Weights & Biases."""
