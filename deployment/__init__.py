"""Submitting Coralline's pipeline to a cluster."""
