"""Engines for Beam on one machine: a Flink of separate processes, Prism, and what a worker of either is started with."""
