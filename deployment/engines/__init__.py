"""Engines for Beam on one machine: a Flink of separate processes, Prism, and what starts a worker of either."""
