"""Whether a class can be told by something else than the patient, and what a careless split would have hidden."""
