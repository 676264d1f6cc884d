"""`coralline import-config`."""
