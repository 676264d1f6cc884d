"""What is secret of an address stays out of it, and comes back where a connection is made."""

from __future__ import annotations

import pytest

from coralline.foundation import storage, withheld
from coralline.foundation.errors import UserError
from coralline.foundation.printable import without_secrets


@pytest.fixture(autouse=True)
def nothing_is_known(monkeypatch):
    monkeypatch.delenv("CORALLINE_WITHHELD", raising=False)
    monkeypatch.setenv("CORALLINE_WITHHELD", "{}")


def _withheld(address):
    known = {}
    told = withheld.withhold(address, known)
    withheld.keep_withheld(known)
    return told


_AMAZON = (
    "https://b.s3.amazonaws.com/w.tflite?versionId=3&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F2026"
    "&X-Amz-Date={1}&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Signature={0}"
)
_AZURE = "https://a.blob.core.windows.net/c/w.h5?sv=2024-11-04&st={1}&se={1}&sr=b&sp=r&sig=s{0}%3D"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (_AMAZON.format("s3cr3t", 1), "https://b.s3.amazonaws.com/w.tflite?versionId=3&***"),
        (_AZURE.format("s3cr3t", 1), "https://a.blob.core.windows.net/c/w.h5?***"),
        ("https://h/w.tflite?Expires=1&Signature=s3cr3t&Key-Pair-Id=K", "https://h/w.tflite?***"),
        ("https://h/w.tflite?access_token=s3cr3t&file=a", "https://h/w.tflite?file=a&***"),
        ("sftp://me:s3cr3t@host:22/data", "sftp://***@host:22/data"),
        ("sftp://me:s3@cr3t@host/data", "sftp://***@host/data"),
        ("abfs://s3cr3t@host/data?sig=s3cr3t", "abfs://***@host/data?***"),
    ],
)
def test_what_is_secret_is_withheld_and_given_back(address, told):
    assert _withheld(address) == told
    assert withheld.reveal(told) == address and withheld.has_withheld(told)
    assert without_secrets(told) == told and "s3cr3t" not in without_secrets(f"{address}: not there")


@pytest.mark.parametrize(
    "address", ["", "/data/a***b", "data?sig=1", "gs://b/c", "s3://b/c?versionId=3", "https://h/a?b=c"]
)
def test_what_has_no_secret_is_unchanged(address):
    assert _withheld(address) == address == withheld.reveal(address)
    assert not withheld.has_withheld(address)


def test_an_address_that_is_signed_anew_is_the_same_address():
    for address in (_AMAZON, _AZURE):
        first, second = (_withheld(address.format(f"s{date}", date)) for date in (1, 2))
        assert first == second and withheld.reveal(first) == address.format("s2", 2)


def test_what_lies_below_and_above_an_address_is_found_too():
    told = _withheld("sftp://me:s3cr3t@host/models/yard")
    assert withheld.reveal(f"{told}/latest") == "sftp://me:s3cr3t@host/models/yard/latest"
    assert withheld.reveal("sftp://***@host/models") == "sftp://me:s3cr3t@host/models"
    assert _withheld(told) == told and withheld.reveal(told).startswith("sftp://me:")


def test_what_was_withheld_elsewhere_is_one_message():
    with pytest.raises(UserError, match="isn't known here"):
        storage.exists("sftp://***@host/models")


def test_two_passwords_for_one_host_are_refused():
    known = {}
    withheld.withhold("sftp://me:1@host/a", known)
    withheld.withhold("sftp://me:1@host/b", known)
    with pytest.raises(UserError, match="different users or passwords") as caught:
        withheld.withhold("sftp://you:2@host/b", known)
    assert "you" not in str(caught.value).partition("\n")[0]
