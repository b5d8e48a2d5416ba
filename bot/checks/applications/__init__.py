"""Which applications do the resources of an environment declare: for Argo CD, Flux, or Jenkins X?"""
