"""`coralline schedule`."""
