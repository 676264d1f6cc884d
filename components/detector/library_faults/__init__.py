"""One module for each fault of a library that training has to work around: the fault, where it was seen, and no more."""
