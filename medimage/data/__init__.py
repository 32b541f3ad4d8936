"""Images: sources, records, audit, splits, pixels and statistics."""
