"""For `bench get-app`, which looks for a setup.py; everything stands in pyproject.toml."""

from setuptools import setup

setup()
