"""The shapes of what `--json` prints, from which schemas and docs/json.md are made (`pipeline.json_reference`)."""
