"""ZenML steps: glue between artifacts and the domain library, one step per file."""
