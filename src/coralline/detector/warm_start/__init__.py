"""A detector's first weights: `weights_source` finds them, `loading` puts them in; a module for each kind between."""
