"""The page on how good a detector is: the same for a judged model of the pipeline and for any detector file."""
