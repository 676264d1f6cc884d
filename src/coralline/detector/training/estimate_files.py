"""The files by which `estimate` and the process that starts it speak to each other. No TensorFlow."""

JOB = "job.json"
ESTIMATE = "estimate.json"
ERROR = "error.json"
