"""One file that holds what of a workspace cannot be made again, and the way back."""
