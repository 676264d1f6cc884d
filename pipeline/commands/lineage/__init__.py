"""`coralline lineage`: ML Metadata in the terminal."""
