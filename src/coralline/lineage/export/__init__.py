"""Lineage in the forms of other programs: OpenLineage events, graphs, a page, a model card."""
