"""How does GitHub write each thing in JSON? One module per area; fields as in GitHub's OpenAPI description."""
