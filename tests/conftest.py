"""What do all tests share? The referee that watches every sandbox."""

pytest_plugins = ["tests.referee.plugin"]
