"""What turns probabilities into answers: thresholds fitted on validation, applied by evaluation and service alike."""
