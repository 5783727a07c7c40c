"""Many data sets: what is true, who is measured when, and how often an analysis is right."""
