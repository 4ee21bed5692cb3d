"""Certificates for tests, made by openssl: an authority and a server that it vouches for."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: the authority's certificate, the server's certificate and its key (not encrypted)."""

    authority: Path
    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path, *hosts: str, days: int = 2) -> Self:
        """A new authority in `folder`, and a certificate of it for `hosts` (else loopback); days < 0: has expired."""
        folder.mkdir(parents=True, exist_ok=True)
        made = cls(folder / "authority.pem", folder / "server.pem", folder / "server.key")
        authority_key, request = folder / "authority.key", folder / "server.csr"
        new = ["req", "-newkey", "rsa:2048", "-nodes"]
        _openssl(
            *new, "-x509", "-days", "2", "-subj", "/CN=authority of a test",
            "-keyout", str(authority_key), "-out", str(made.authority),
        )  # fmt: skip
        _openssl(*new, "-subj", "/CN=server of a test", "-keyout", str(made.key), "-out", str(request))
        names = folder / "names"
        names.write_text(f"subjectAltName={_names(hosts or ('localhost', '127.0.0.1'))}\n", encoding="utf-8")
        _openssl(
            "x509", "-req", "-in", str(request), "-days", str(days), "-extfile", str(names), "-CAcreateserial",
            "-CA", str(made.authority), "-CAkey", str(authority_key), "-out", str(made.certificate),
        )  # fmt: skip
        return made

    def context(self) -> ssl.SSLContext:
        """For a server that shows these."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def _names(hosts: tuple[str, ...]) -> str:
    return ",".join(f"{'IP' if host[0].isdigit() else 'DNS'}:{host}" for host in hosts)


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)
