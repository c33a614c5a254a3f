"""Measures how well the archive answers. Uses rag's public names only."""
