"""ServedModelImporter: the model that is served, as an artifact."""
