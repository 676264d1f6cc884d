"""Google's sign-in on loopback: an STS endpoint, credential files of the kinds that Google hands out, a certificate."""

from __future__ import annotations

import datetime
import functools
import http.server
import itertools
import json
import threading
import urllib.parse
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from google.auth import jwt

_PEM = serialization.Encoding.PEM
ACCOUNT = "submitter@yard-project.iam.gserviceaccount.com"


def self_signed(host: str) -> tuple[bytes, bytes]:
    """A private key and a certificate for a host, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _private(key), certificate.public_bytes(_PEM)


def _private(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@functools.cache
def account_key() -> rsa.RSAPrivateKey:
    """The service account's."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class SignIn:
    """Gives tokens and knows which are good.

    Args:
      folder: for credential files.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._numbers = itertools.count(1)
        self.lives_s = 3600
        """How long new tokens are said to live."""
        self.refuses: str | None = None
        """The error that is given in a token's place."""
        self.given: list[str] = []
        self.good: set[str] = set()
        self._account_key = account_key()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def is_signed_in(self, token: str) -> bool:
        """Whether it is one that was given and not revoked, or that the account's key has signed."""
        if token in self.good:
            return True
        key = self._account_key.public_key().public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        try:
            claims = jwt.decode(token, certs=key)
        except ValueError:
            return False
        return bool(claims["iss"] == ACCOUNT and claims["scope"] == "https://www.googleapis.com/auth/cloud-platform")

    def workload_identity_file(self) -> Path:
        """As `gcloud iam workload-identity-pools create-cred-config` writes for a CI; the subject's token is a file."""
        (self._folder / "subject-token").write_text("ci-job-token")
        return self._written(
            "workload-identity.json",
            {
                "type": "external_account",
                "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/ci",
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": f"{self.address}/v1/token",
                "credential_source": {"file": str(self._folder / "subject-token")},
            },
        )

    def account_file(self) -> Path:
        """A service account's key."""
        return self._written(
            "key.json",
            {
                "type": "service_account",
                "project_id": "yard-project",
                "private_key_id": "1",
                "private_key": _private(self._account_key).decode(),
                "client_email": ACCOUNT,
                "token_uri": f"{self.address}/token",
            },
        )

    def _written(self, name: str, content: dict[str, Any]) -> Path:
        (self._folder / name).write_text(json.dumps(content))
        return self._folder / name

    def _token(self, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        if self.refuses is not None:
            return 400, {"error": "invalid_grant", "error_description": self.refuses}
        assert form["subject_token"] == ["ci-job-token"], form
        token = f"ya29.secret-{next(self._numbers)}"
        self.given.append(token)
        self.good.add(token)
        return 200, {
            "access_token": token,
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": self.lives_s,
        }

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        sign_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                code, answer = sign_in._token(form)
                self.send_response(code)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
