"""What binds the files of a run together: hashes, a signature, and how they are verified."""
