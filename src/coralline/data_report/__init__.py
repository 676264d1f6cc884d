"""The report on a data set: figures, pictures, problems, and what has changed since the last one."""
