"""Running the pipeline on this machine: what lies where, what a person sees, what is recorded."""
