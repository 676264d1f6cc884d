"""Running the pipeline on this machine: the folder's layout, what a person sees, what is recorded."""
