"""The log of a run as JSON lines, for machines to read, beside what a person sees on the terminal."""
