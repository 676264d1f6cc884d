"""Addresses without their secret parts: passwords, tokens and signatures that nothing may record.

Settings go into ML Metadata, cache keys, logs, manifests and reports. So the configuration's addresses lose user and
password, and what signs them, as soon as they are read; `***` stands in their place. The real address stays in the
environment of the process, where its children find it too, and comes back where a connection is made: in `storage` and
in the download of a warm start. An address that is signed anew is the same address to everything else.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, MutableMapping

from coralline.foundation.errors import UserError
from coralline.foundation.printable import SECRET_PARAMETER

MARK = "***"
"""What stands for a secret part."""

_ENVIRONMENT = "CORALLINE_WITHHELD"
_ADDRESS = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)(?:(?P<user>[^/\s?#]+)@)?(?P<rest>[^?]*)(?:\?(?P<query>.*))?", re.DOTALL
)
# What comes with a signature and changes with it: of Amazon (both versions), Google, CloudFront and Azure.
# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
# https://cloud.google.com/storage/docs/authentication/signatures
# https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas
_SIGNING = re.compile(
    r"x-(amz|goog|ms)-.*|expires|policy|s[a-z]|spr|srt|sip|sdd|sk(oid|tid|[tesv])|s[au]oid|scid", re.IGNORECASE
)


def withhold(address: str, known: MutableMapping[str, str]) -> str:
    """The address without its secret parts; one that has none, and a path, unchanged.

    Args:
      address: of a file or folder.
      known: what stands for what; gets what is withheld of this address.

    Raises:
      UserError: another address of the same host has another user or password.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return address
    scheme, user, rest, query = found["scheme"], found["user"], found["rest"], found["query"]
    begin = scheme
    if user is not None and user != MARK:
        host = rest.partition("/")[0]
        begin = f"{scheme}{MARK}@"
        if known.setdefault(f"{begin}{host}", f"{scheme}{user}@{host}") != f"{scheme}{user}@{host}":
            raise UserError(
                "two addresses of one host have different users or passwords",
                file=f"{begin}{host}",
                expected="the same for both: they can't be told apart without them",
                fix="give credentials in the environment or in a file that the storage's library reads",
            )
    elif user == MARK:
        begin = f"{scheme}{MARK}@"
    withheld = f"{begin}{rest}" + ("" if query is None else f"?{_unsigned(query)}")
    if query is not None and withheld.endswith(MARK) and not query.endswith(MARK):
        known[withheld] = address
    return withheld


def keep_withheld(known: Mapping[str, str]) -> None:
    """Keeps what `withhold` has withheld for this process and its children; a newer signature replaces an older one."""
    if known:
        os.environ[_ENVIRONMENT] = json.dumps({**_remembered(), **known})


def withheld_here(address: str) -> str:
    """`withhold` of an address that was given on the command line, kept for this process and its children."""
    known: dict[str, str] = {}
    address = withhold(address, known)
    keep_withheld(known)
    return address


def reveal(address: str) -> str:
    """The real address of one that `withhold` gave, or of one below it; others unchanged.

    Raises:
      UserError: what was withheld isn't known in this process.
    """
    if MARK not in address:
        return address
    known = _remembered()
    for withheld in sorted(known, key=len, reverse=True):
        if address.startswith(withheld):
            return known[withheld] + address[len(withheld) :]
    if not has_withheld(address):
        return address
    raise UserError(
        "the password or signature of this address isn't known here",
        file=address,
        expected="the process that read the configuration, or a child of it",
        fix="give the whole address in the configuration again, or credentials in the environment",
    )


def has_withheld(address: str) -> bool:
    """Whether a part of the address is withheld."""
    found = _ADDRESS.fullmatch(address)
    return found is not None and (found["user"] == MARK or (found["query"] or "").split("&")[-1].startswith(MARK))


def _unsigned(query: str) -> str:
    """The query without what signs it, and the mark at its end if there was anything; else as it is."""
    names = [part.partition("=")[0] for part in query.split("&")]
    if not any(SECRET_PARAMETER.search(name) for name in names):
        return query
    kept = [
        part
        for part, name in zip(query.split("&"), names, strict=True)
        if not SECRET_PARAMETER.search(name) and not _SIGNING.fullmatch(name)
    ]
    return "&".join([*kept, MARK])


def _remembered() -> dict[str, str]:
    kept: dict[str, str] = json.loads(os.environ.get(_ENVIRONMENT, "{}"))
    return kept
