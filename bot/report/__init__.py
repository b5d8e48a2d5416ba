"""Our decisions as text for people: check runs, comments, pull request bodies, refusals. Pure functions."""
