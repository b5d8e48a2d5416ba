"""What moves from environment to environment, in which order, and through which gates. Pure decisions."""
