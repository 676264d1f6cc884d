"""What is wrong with a data set, what becomes of it, and which images train and which evaluate."""
