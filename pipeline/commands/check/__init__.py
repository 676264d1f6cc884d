"""`coralline check`."""
