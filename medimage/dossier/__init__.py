"""What a reader must know of a run before believing it: its card, and the items of reporting guidelines."""
