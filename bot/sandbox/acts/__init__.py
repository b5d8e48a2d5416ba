"""What happens when somebody does something? Every change of the world and the events it fires, by area."""
