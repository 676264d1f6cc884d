"""`coralline gc`: which files of an output folder nothing needs any more, and how they are deleted."""
