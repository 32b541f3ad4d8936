"""Procedural chest phantoms: the data of the quickstart, made on the spot and free of any patient."""

from medimage.data.synthetic.generator import generate_phantoms
from medimage.data.synthetic.phantom import PHANTOM_CLASSES, Phantom, encode_png

__all__ = ["PHANTOM_CLASSES", "Phantom", "encode_png", "generate_phantoms"]
