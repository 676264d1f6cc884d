"""One module for each fault of a library that training works around: the fault, the versions with it, and no more."""
