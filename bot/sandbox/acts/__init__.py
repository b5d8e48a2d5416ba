"""What happens when somebody does something? Every change of the world, with the events it fires, one module per area."""
