"""What x86 processors without VNNI make of products of 8-bit integers, in numpy."""

import numpy as np


def exact_product(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Returns the product of uint8 [rows, terms] and int8 [terms, columns], summed in 32 bits."""
    return features.astype(np.int32) @ weights.astype(np.int32)


def cut_off_product(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Returns the same with the sums of VPMADDUBSW: of each pair of neighbouring terms, cut off at 16 bits.

    Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, PMADDUBSW.
    """
    terms = features.astype(np.int32)[:, :, np.newaxis] * weights.astype(np.int32)[np.newaxis]
    pairs = terms[:, 0::2] + terms[:, 1::2]
    return np.clip(pairs, np.iinfo(np.int16).min, np.iinfo(np.int16).max).sum(axis=1)
