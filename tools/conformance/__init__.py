"""Does Lockkeeper render as the real tools do? `python -m tools.conformance DIRECTORY` compares."""
