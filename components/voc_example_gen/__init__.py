"""The VocExampleGen component."""
