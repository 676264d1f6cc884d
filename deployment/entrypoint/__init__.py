"""What the containers of an open-source Kubeflow Pipelines run: TFX's executors, as that backend's launcher wants them.

TFX's own entry point was made for Vertex AI. `run_task` takes its place: `executor_input` makes of the launcher's
ExecutorInput what TFX's executors expect, `executor_output` makes of their outputs what the launcher accepts, and
`launcher_mirror` knows where the launcher keeps artifacts. `fingerprint_data` and `fingerprint_served` are small tasks
of the compiled pipeline, without TFX, whose answers decide what is reused.
"""
