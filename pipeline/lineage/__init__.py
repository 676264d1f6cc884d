"""Reading ML Metadata: runs, artifacts, executions and what came of what. No TensorFlow."""
