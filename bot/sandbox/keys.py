"""How does an App prove who it is? Pairs of RSA keys."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@dataclass(frozen=True, slots=True)
class Keys:
    """A pair of PEM texts."""

    private: str
    public: str

    @classmethod
    def generate(cls) -> Keys:
        """Make a fresh RSA pair."""
        return cls._of(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @classmethod
    @functools.lru_cache(maxsize=32)
    def of_private(cls, pem: str) -> Keys:
        """Read a private RSA key; ValueError when the text holds none."""
        key = serialization.load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("an App signs with an RSA key")
        return cls._of(key)

    @classmethod
    def _of(cls, key: rsa.RSAPrivateKey) -> Keys:
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(private.decode(), public.decode())
