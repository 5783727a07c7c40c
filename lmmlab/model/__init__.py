"""A fitted model: what it holds, says, predicts, and what it refuses."""
