"""Graphs that compute in fewer bits, as candidates for what is served."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.section import Section

ReducedPrecision = Literal["fp16", "int8"]
"""A precision below single precision (fp32)."""


class ReducedPrecisionConfig(Section):
    """Which smaller graphs are tried once the gate has passed, and what each must prove to be served instead.

    A candidate is served only where the whole gate passes on its own answers on the test images, no sensitivity drops
    by more than the margin, its embeddings and heat maps are like those of single precision, and it is faster; of
    several, the fastest. Otherwise the graph in single precision is.
    """

    candidates: tuple[ReducedPrecision, ...] = ()
    """What is tried: `int8`, which is small and fast on CPUs, and `fp16`, which is half as large, for GPUs: on CPUs it
    is seldom faster. Both are judged as onnxruntime runs them on this CPU, which may work fp16 out in more digits than
    a GPU does: hold a service on a GPU against some of the test images. Nothing is tried by default."""

    sensitivity_margin: Annotated[float, Field(ge=0, le=0.1)] = 0.01
    """Largest drop of the sensitivity of any class, of the most probable class and at its operating point, against
    single precision on the same test images. Default: one case in a hundred."""

    minimum_speedup: Annotated[float, Field(ge=1)] = 1.1
    """How many times faster than single precision one image must be, in one thread on this machine. Default: less is
    within what a machine's other work does to a measurement, and no reason to serve other numbers."""

    calibration_images: Annotated[int, Field(ge=1)] = 128
    """Training images that the ranges of int8 features are measured on, the same number of every class as far as there
    are."""

    weight_bits: Literal[7, 8] = 8
    """Bits of int8 weights. 8 are more exact, much more so in networks of depthwise convolutions (of a MobileNetV2, 262
    of 272 decisions stayed the same, and 234 with 7). The service sums them exactly on every processor, but on x86
    processors without VNNI instructions by slower kernels: take 7 where speed on those decides."""

    minimum_map_correlation: Annotated[float, Field(ge=0, le=1)] = 0.9
    """Least correlation (Pearson) of the heat map with that of single precision, of the class that it decides on, on
    average over up to 48 test images. A graph below it is refused, because what the report shows of heat maps was shown
    of those in single precision. Default: of a MobileNetV2 trained on brain MRI it was 0.985 with 8 bits and 1.000 in
    fp16; with 7 bits, where 38 of 272 decisions changed, it was 0.830."""

    minimum_embedding_cosine: Annotated[float, Field(ge=0, le=1)] = 0.9
    """Least cosine of the angle between the two embeddings of an image, on average over all test images: drift, and
    images unlike the training images, are told by embeddings. Default: in the same network it was 0.994 with 8 bits,
    1.000 in fp16, and 0.894 with 7 bits."""

    @model_validator(mode="after")
    def _each_candidate_once(self) -> Self:
        if len(set(self.candidates)) < len(self.candidates):
            raise ValueError(f"candidates must name each precision once: got {list(self.candidates)}")
        return self
