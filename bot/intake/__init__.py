"""What does GitHub tell us? Its words are translated here, once, into ours."""
