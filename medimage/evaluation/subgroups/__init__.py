"""How a model does on parts of the test images, and whether it does worse on one of them than on the others."""
