"""How do the sources of a tree become manifests, safely, even when strangers wrote them?"""
