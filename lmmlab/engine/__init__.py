"""The LMM engine: NumPy and SciPy, nothing else; each file is one noun of the theory."""
