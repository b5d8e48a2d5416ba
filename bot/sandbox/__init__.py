"""How does GitHub behave, when GitHub is out of reach? A stand-in on 127.0.0.1 over real git repositories."""
