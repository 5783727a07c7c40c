"""What people did before mixed models, and do still: the analyses that a mixed model is held to."""

from __future__ import annotations

from lmmlab.engine.classical.pooling import complete_pooling, no_pooling

__all__ = ["complete_pooling", "no_pooling"]
