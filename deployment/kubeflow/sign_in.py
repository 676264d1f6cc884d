"""Who asks: a bearer token or a cookie, from a file, the environment or a pod's service account; never in a message."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from coralline.foundation.errors import UserError

TOKEN = "CORALLINE_KUBEFLOW_TOKEN"
"""The environment's variable with a bearer token."""
COOKIE = "CORALLINE_KUBEFLOW_COOKIE"
"""The environment's variable with a cookie, such as `authservice_session=...`."""
_POD_TOKEN_PLACE = "KF_PIPELINES_SA_TOKEN_PATH"
_POD_TOKEN = "/var/run/secrets/kubeflow/pipelines/token"
"""Where pods find their token, as kfp has it (kfp/client/client.py, KF_PIPELINES_SA_TOKEN_PATH)."""
_SHORTEST_SECRET = 6


class SignIn:
    """The credentials that go with each request; files are read each time, since tokens expire.

    Args:
      token_file: the setting `deployment.kubeflow.token_file`.

    Raises:
      UserError: the token file can't be read.
    """

    def __init__(self, token_file: str | None) -> None:
        self.cookie: str | None = os.environ.get(COOKIE) or None
        self._token = os.environ.get(TOKEN) or None
        self._file: Path | None = None
        pod_token = os.environ.get(_POD_TOKEN_PLACE) or _POD_TOKEN
        if token_file is not None:
            self._file, self._token = Path(token_file).expanduser(), None
        elif self._token is None and self.cookie is None and Path(pod_token).exists():
            self._file = Path(pod_token)
        self.token()

    def token(self) -> str | None:
        """The bearer token as it is now; None without one.

        Raises:
          UserError: its file can't be read, or is empty.
        """
        if self._file is None:
            return self._token
        try:
            text = self._file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                "the token for Kubeflow can't be read",
                file=self._file,
                expected="a file with a bearer token",
                found=error,
                fix="write it there, or name another file in deployment.kubeflow.token_file",
            ) from error
        if not text or len(text.split()) != 1:
            found = "more than one word" if text else "an empty file"
            raise UserError("this is no token", file=self._file, expected="one bearer token", found=found)
        return text

    @property
    def source(self) -> str:
        """Where the credentials come from, in words."""
        if self._file is not None:
            return f"the token in {self._file}"
        if self._token is not None:
            return f"the token in {TOKEN}"
        return f"the cookie in {COOKIE}" if self.cookie else "no credentials"

    def refresh_api_key_hook(self, configuration: Any) -> None:
        """kfp's interface for credentials (TokenCredentialsBase): called before each request."""
        token = self.token()
        if token is not None:
            configuration.api_key["authorization"] = token
            configuration.api_key_prefix["authorization"] = "Bearer"

    def without_own_secrets(self, text: str) -> str:
        """The text, with `***` for token and cookie, which a server may have sent back."""
        values = [part.partition("=")[2] for part in (self.cookie or "").split(";")]
        for secret in (self._last_token(), self.cookie, *values):
            if secret and len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "***")
        return text

    def _last_token(self) -> str | None:
        try:
            return self.token()
        except UserError:
            return None

    def how_to_sign_in(self) -> str:
        """What to do about credentials that aren't taken."""
        ways = f"a file with a bearer token (deployment.kubeflow.token_file), {TOKEN}, or {COOKIE}"
        if self.source == "no credentials":
            return f"give credentials: {ways}"
        return f"renew {self.source}, or give other credentials: {ways}"
