"""`coralline predict`."""
