"""The commands for clusters, one module each; `pipeline.cli` imports the one that is called."""
