"""What does a change do to the rendered manifests, and are they sound?"""
