"""Kubeflow Pipelines: runs and recurring runs through its API, with the kfp client of the lock."""
