"""What is wrong with the data, said before anything is trained on it."""
