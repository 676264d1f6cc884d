"""Where a detector's first weights come from: `weights_source` finds them, `loading` puts them in; a module a kind between."""
