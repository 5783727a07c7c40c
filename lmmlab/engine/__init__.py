"""From a design to the minimum of its criterion: the mathematics of one theta, and the search."""
