"""Exported graphs that compute in fewer bits, and whether one may be served in place of the full one."""
