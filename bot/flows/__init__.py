"""Gather, decide, apply: the only rooms in which reading, thinking and writing meet."""
