"""What a good engineer writes without this project: FastAPI and onnxruntime, an image in, probabilities out.

Run by uvicorn; `MEDIMAGE_BENCHMARK_MODEL` and `MEDIMAGE_BENCHMARK_THREADS` name the graph and the threads on one image.
"""

import contextlib
import io
import os
from collections.abc import AsyncIterator
from typing import Annotated

import numpy as np
import onnxruntime
from fastapi import FastAPI, File, HTTPException, UploadFile
from fastapi.concurrency import run_in_threadpool
from PIL import Image, UnidentifiedImageError

MODEL_VARIABLE = "MEDIMAGE_BENCHMARK_MODEL"
THREADS_VARIABLE = "MEDIMAGE_BENCHMARK_THREADS"


@contextlib.asynccontextmanager
async def _lifespan(application: FastAPI) -> AsyncIterator[None]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ[THREADS_VARIABLE])
    application.state.session = onnxruntime.InferenceSession(
        os.environ[MODEL_VARIABLE], options, providers=["CPUExecutionProvider"]
    )
    yield


app = FastAPI(lifespan=_lifespan)


@app.get("/readyz")
async def ready() -> str:
    """Answers when the model is loaded."""
    return "ok"


@app.post("/predict")
async def predict(image: Annotated[UploadFile, File()]) -> dict[str, list[float]]:
    """Classifies the image."""
    data = await image.read()
    try:
        return {"probabilities": await run_in_threadpool(_classify, app.state.session, data)}
    except UnidentifiedImageError as error:
        raise HTTPException(415, "Not an image") from error


def _classify(session: onnxruntime.InferenceSession, data: bytes) -> list[float]:
    size = session.get_inputs()[0].shape[1]
    image = Image.open(io.BytesIO(data)).convert("L").resize((size, size), Image.Resampling.BILINEAR)
    pixels = np.asarray(image)[np.newaxis, :, :, np.newaxis]
    return np.asarray(session.run(["probabilities"], {"image": pixels})[0])[0].tolist()
