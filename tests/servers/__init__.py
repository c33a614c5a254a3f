"""The two OpenAI-compatible servers that Dossier is tested against.

`scripted` says exactly what a test tells it to, faults included; `local_model` runs a
small real model, because a fake only ever does what its author thought of.
"""
