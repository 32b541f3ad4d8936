"""What speaks for a class in an image, as a picture."""
