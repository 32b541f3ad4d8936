"""Strict, typed configuration: one model per section, one file per section."""

from medimage.config.run import RunConfig

__all__ = ["RunConfig"]
