"""Strict, typed configuration: one model per section, one file per section."""
