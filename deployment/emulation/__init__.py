"""What an open-source Kubeflow Pipelines backend does with a compiled spec, one concern a file.

The rules are read from the backend's sources, https://github.com/kubeflow/pipelines, `backend/src/v2/`; each names the
file and the function that it was read from.
"""
