"""Keeps onnxruntime from reporting to its makers; to be imported before it."""

import os

# Since version 1.29 it otherwise keeps an identifier of the machine in the user's cache and sends events to its makers.
# It looks at this variable once, when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
