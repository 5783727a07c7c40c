"""What variances mean: functions of numbers alone, for which nothing is fitted."""
