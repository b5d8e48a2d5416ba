"""What does an X.509 certificate, or a request for one, say?

Source: the function `x509_decode` of Kyverno (`pkg/engine/jmespath`), which answers with the fields of Go's
`x509.Certificate`, and takes RSA keys only. The fields that say who, for what and how long are here.
"""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from bot.policy.kyverno.answers import QueryError

LONGEST = 100_000  # characters

_NAMES = {
    "Country": NameOID.COUNTRY_NAME,
    "Organization": NameOID.ORGANIZATION_NAME,
    "OrganizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "Locality": NameOID.LOCALITY_NAME,
    "Province": NameOID.STATE_OR_PROVINCE_NAME,
    "StreetAddress": NameOID.STREET_ADDRESS,
    "PostalCode": NameOID.POSTAL_CODE,
}


def decode_certificate(text: str) -> dict[str, object]:
    """Return the fields of a certificate or a request in PEM; raises `QueryError` when it is neither."""
    data = text.encode() if len(text) <= LONGEST else b""
    found: x509.Certificate | x509.CertificateSigningRequest
    try:
        request = b"CERTIFICATE REQUEST" in data
        found = x509.load_pem_x509_csr(data) if request else x509.load_pem_x509_certificate(data)
        key = found.public_key()
    except (ValueError, TypeError) as broken:
        raise QueryError("`x509_decode` was given no certificate in PEM") from broken
    if not isinstance(key, RSAPublicKey):
        raise QueryError("`x509_decode` takes certificates with RSA keys only")
    public = key.public_numbers()
    said: dict[str, object] = {
        "PublicKey": {"N": str(public.n), "E": public.e},
        "PublicKeyAlgorithm": 1,  # RSA, as Go counts
        "Subject": _name(found.subject),
        **_alternatives(found),
    }
    if isinstance(found, x509.Certificate):
        said |= {
            "Issuer": _name(found.issuer),
            "SerialNumber": found.serial_number,
            "Version": found.version.value + 1,
            "NotBefore": _time(found.not_valid_before_utc),
            "NotAfter": _time(found.not_valid_after_utc),
            "IsCA": _is_authority(found),
        }
    return said


def _time(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(name: x509.Name) -> dict[str, object]:
    said: dict[str, object] = {
        field: [str(one.value) for one in name.get_attributes_for_oid(oid)] or None for field, oid in _NAMES.items()
    }
    common, serial = (name.get_attributes_for_oid(oid) for oid in (NameOID.COMMON_NAME, NameOID.SERIAL_NUMBER))
    said["CommonName"] = str(common[0].value) if common else ""
    said["SerialNumber"] = str(serial[0].value) if serial else ""
    return said


def _alternatives(found: x509.Certificate | x509.CertificateSigningRequest) -> dict[str, object]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return {"DNSNames": None, "EmailAddresses": None, "IPAddresses": None}
    return {
        "DNSNames": names.get_values_for_type(x509.DNSName) or None,
        "EmailAddresses": names.get_values_for_type(x509.RFC822Name) or None,
        "IPAddresses": [str(one) for one in names.get_values_for_type(x509.IPAddress)] or None,
    }


def _is_authority(found: x509.Certificate) -> bool:
    try:
        return bool(found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False
