"""Opening a store of ML Metadata by its address, read-only, and how the orchestrators differ that wrote it."""
