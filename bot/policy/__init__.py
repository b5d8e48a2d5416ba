"""What do the policies of a repository and of the packs say about its rendered manifests?"""
