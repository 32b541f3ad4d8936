"""The medical validation gate: criteria, verdicts, and what the data say about a test result."""
