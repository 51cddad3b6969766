"""Certificates made for a test: an authority of our own, and what it says of a name."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def make(folder: Path, *, names: tuple[str, ...], days: int = 30) -> tuple[Path, Path, Path]:
    """Write an authority's certificate, a server's for these names, and the server's key, and return the three files.

    days   for how long from yesterday the server's certificate holds; negative for one that ended
    """
    folder.mkdir(parents=True, exist_ok=True)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate(
        "Test authority", authority_key, authority_key, issuer="Test authority", days=days + 40
    )
    key = ec.generate_private_key(ec.SECP256R1())
    server = _certificate(names[0], key, authority_key, issuer="Test authority", days=days, names=names)
    files = folder / "authority.pem", folder / "server.pem", folder / "server.key"
    for path, certificate in zip(files, (authority, server), strict=False):
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    files[2].write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return files


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    issuer: str,
    days: int,
    names: tuple[str, ...] = (),
) -> x509.Certificate:
    today = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - 60 * DAY)
        .not_valid_after(today + (days - 1) * DAY)
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if names:
        built = built.add_extension(
            x509.SubjectAlternativeName([_name(one) for one in names]), critical=False
        )
    return built.sign(signer, hashes.SHA256())


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
