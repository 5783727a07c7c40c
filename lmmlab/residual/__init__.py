"""How residuals are related: what makes them independent again, and how strong it is."""
