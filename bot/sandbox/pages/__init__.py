"""What do people see and press in the stand-in? Small pages, rendered here, that work without scripts."""
