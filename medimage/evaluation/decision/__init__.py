"""How probabilities become answers: everything here is fitted on validation predictions only."""
