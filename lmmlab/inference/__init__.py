"""Tests, intervals and comparisons of fitted models."""
