"""How does the GraphQL API answer? The part of GitHub's schema that reads pull requests, on the sandbox's records."""
