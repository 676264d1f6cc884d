"""What is published: bundles, versions, the pointer to the latest and the record of its moves. No TFX."""
