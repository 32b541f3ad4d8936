"""What runs left behind that nothing refers to any more: found, told, and removed where that is asked for."""
