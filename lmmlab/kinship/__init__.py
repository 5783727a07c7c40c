"""Relatives: matrices of relationship, heritability, and markers tested one at a time."""
