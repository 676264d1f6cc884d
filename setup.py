"""Beam ships this to its workers (`--setup_file`). All metadata stands in pyproject.toml."""

from setuptools import setup

setup()
