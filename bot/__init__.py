"""Lockkeeper: walks Kubernetes changes from environment to environment by pull request."""
