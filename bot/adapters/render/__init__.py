"""How do the sources in a checkout become manifests, safely, even when strangers wrote them?"""
