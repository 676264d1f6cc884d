"""What every other room builds on: errors, progress, storage, text files, child processes, report pages."""
