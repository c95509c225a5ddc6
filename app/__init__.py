"""Toile, a desktop studio for garment design: paint garment parts, watch the garment appear."""

__version__ = "0.1.0"
