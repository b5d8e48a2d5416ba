"""The whole story on one machine: a change walks from development to production before your eyes."""
