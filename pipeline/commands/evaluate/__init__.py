"""`coralline evaluate`."""
