"""How is everything that Lockkeeper says on a pull request said in a terminal, too: without GitHub, before a push?"""
