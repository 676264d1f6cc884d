"""Which certificates sign those of stores' servers."""

from __future__ import annotations

import os
import ssl

from coralline.foundation.errors import UserError

CA_VARIABLE = "CORALLINE_STORE_CA"
"""Names a file of certificates that sign those of stores' servers, or is `system`: this machine's."""

_SYSTEM = "system"
_USUAL_PLACES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def trusted_certificates() -> str | None:
    """The file that `CORALLINE_STORE_CA` names; None: it isn't set.

    Raises:
      UserError: the file isn't there, or holds no certificates.
    """
    named = os.environ.get(CA_VARIABLE)
    if not named:
        return None
    if named == _SYSTEM:
        places = [place for place in (ssl.get_default_verify_paths().cafile, *_USUAL_PLACES) if place]
        named = next((place for place in places if os.path.isfile(place)), places[0])
    if not os.path.isfile(named):
        raise UserError("there is no such file of certificates", file=named, fix=f"change {CA_VARIABLE}, or unset it")
    try:
        ssl.create_default_context(cafile=named)
    except OSError as error:
        raise UserError(
            "this file holds no certificates", file=named, expected="PEM", found=error, fix=f"change {CA_VARIABLE}"
        ) from error
    return named
