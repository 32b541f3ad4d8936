"""Runs at stated times: when they are due, who starts them, what became of them, and who hears of it."""
