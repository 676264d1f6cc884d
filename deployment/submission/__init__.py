"""Runs and schedules on a cluster: what is common to Kubeflow Pipelines and Vertex AI, and what they are asked for."""
