"""What there is to say of a data set, for people: figures, pictures, faults, and what has changed since the last."""
