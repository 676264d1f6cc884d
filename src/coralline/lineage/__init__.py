"""Reading ML Metadata: runs, executions and artifacts, and how they hang together. No TensorFlow, no TFX."""
