"""The playground asks nothing."""

TASKS = ()
