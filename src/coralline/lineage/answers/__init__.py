"""What people ask of lineage, a question a file: what became of a run, why a model is served, where a run's page is."""
