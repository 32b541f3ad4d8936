"""Whether a model in use is trained again, on which images, and what became of the new one."""
