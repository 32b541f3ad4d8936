"""What the documentation's site is built from besides its pages: the reference, written from the code."""
