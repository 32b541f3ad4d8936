"""What is wrong with a machine before a run finds out, and what to do about it."""
