"""Generalised linear mixed models: yes and no, and counts."""
