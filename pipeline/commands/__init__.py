"""One module a command of the `coralline` command line; heavy imports stay inside the functions."""
