"""Where images come from: every source yields image records."""
