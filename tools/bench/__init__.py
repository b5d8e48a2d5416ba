"""How fast is Lockkeeper, beside what people would run in its place? `python -m tools.bench` measures both."""
