"""A registered model's answers on image files: a few, or whole folders."""
