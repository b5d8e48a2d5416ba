"""How does a scanner of the operator's run: shut in, over files that only it reads, and for how long?"""
