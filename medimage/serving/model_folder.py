"""Names of the files that the service reads its model from."""

MODEL_FOLDER = "model"
"""Folder beside the service's sources, inside a Bento."""

MODEL_FILE = "model.onnx"
"""The exported graph."""

CARD_FILE = "card.json"
"""The model card; its keys `name` and `version` identify the model in every answer."""
