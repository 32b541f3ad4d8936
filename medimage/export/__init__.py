"""Models in formats that run without PyTorch."""
