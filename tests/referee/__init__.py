"""Is the GitHub stand-in faithful? Judged here by material that GitHub and others wrote."""
