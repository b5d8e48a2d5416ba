"""Which versions move from one environment's files to another's, and how are they written without touching more?"""
