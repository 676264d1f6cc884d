"""Flags of our own among Beam's, which the steps take out before Beam sees them."""

RETRIES_FLAG = "--engine_retries"
"""How often a job is sent again that the engine gave up.

Beam's own `--number_of_execution_retries` is of no use: its Flink runner heeds it in streaming jobs alone (seen with
2.62.0: `FlinkExecutionEnvironments.createBatchExecutionEnvironment` doesn't ask for it), and others don't know it.
"""
