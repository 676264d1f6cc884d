"""One module for each fault of a library that training works around: the fault, where it was seen, and no more."""
