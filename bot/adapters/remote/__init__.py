"""How are remote bases and charts fetched that the operator allows, each exactly as it was pinned?"""
