"""WarmStartImporter: the weights that training begins with, as an artifact."""
