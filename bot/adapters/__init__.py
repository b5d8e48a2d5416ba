"""How does Lockkeeper touch the world: GitHub, git, the queue, rendering engines and child processes?"""
