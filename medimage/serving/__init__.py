"""The service: preprocessing, prediction and packaging, without PyTorch."""
