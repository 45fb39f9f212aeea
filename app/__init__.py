"""Baqylau: the visit tool of a monitoring group."""

__version__ = "0.1.0"
