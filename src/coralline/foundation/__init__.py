"""What every other room stands on: errors, progress, storage, text files, child processes, report pages."""
