"""The pages the bot itself serves to people."""
