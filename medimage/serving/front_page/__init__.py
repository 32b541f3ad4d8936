"""The page to try the model: kept in parts, sent as one answer."""
