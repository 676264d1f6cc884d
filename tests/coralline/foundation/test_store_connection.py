"""What becomes of reading and writing when a store, or the way to it, fails; on real servers behind a faulty proxy."""

import errno
import json
import os
import ssl
import subprocess
import urllib.request

import boto3
import fsspec
import pytest

from coralline.foundation import conditional_writes, patience, storage, store_connection
from coralline.foundation.conditional_writes import ABSENT

CONTENT = bytes(range(256)) * 4096
VARIABLES = {"s3": "AWS_ENDPOINT_URL", "gs": "STORAGE_EMULATOR_HOST"}


@pytest.fixture(params=VARIABLES)
def store(request, tmp_path, proxied, monkeypatch):
    """A folder in each kind of store, and the proxy before it."""
    bucket = request.getfixturevalue(f"{request.param}_bucket")
    monkeypatch.setattr(patience, "WAITS_S", [0.01, 0.01])
    return f"{bucket}/{tmp_path.parent.name}-{tmp_path.name}", proxied(VARIABLES[request.param])


def test_an_upload_that_breaks_off_is_done_again_and_whole(store):
    folder, proxy = store
    storage.write_bytes(f"{folder}/f", b"before")
    proxy.cut_after, proxy.cuts = 500_000, 1
    storage.write_bytes(f"{folder}/f", CONTENT)
    assert proxy.cuts == 0 and storage.read_bytes(f"{folder}/f") == CONTENT


def test_of_an_upload_that_breaks_off_again_and_again_nothing_appears(tmp_path, s3_bucket, proxied, monkeypatch):
    monkeypatch.setattr(patience, "WAITS_S", [0.01])
    folder, proxy = f"{s3_bucket}/{tmp_path.name}", proxied("AWS_ENDPOINT_URL")
    storage.write_bytes(f"{folder}/f", b"before")
    proxy.cut_after, proxy.cuts = 500_000, 1000
    with pytest.raises(OSError, match=r"f'$"):
        storage.write_bytes(f"{folder}/f", CONTENT)
    with pytest.raises(OSError), storage.open_to_write(f"{folder}/new") as file:
        file.write(CONTENT)
    proxy.cuts = 0
    assert storage.read_bytes(f"{folder}/f") == b"before" and storage.list_folder(folder) == ["f"]


def test_a_large_upload_in_parts_that_breaks_off_leaves_no_parts(tmp_path, s3_bucket, proxied, monkeypatch):
    monkeypatch.setattr(patience, "WAITS_S", [])
    address, proxy = f"{s3_bucket}/{tmp_path.name}/large", proxied("AWS_ENDPOINT_URL")
    (tmp_path / "large").write_bytes(bytes(33 << 20))
    proxy.cut_after, proxy.cuts = 10 << 20, 1000
    with pytest.raises(OSError):
        store_connection.upload_file(address, str(tmp_path / "large"))
    client = boto3.client("s3")
    assert "Uploads" not in client.list_multipart_uploads(Bucket="bucket", Prefix=tmp_path.name)
    assert not storage.exists(address)
    proxy.cuts = 0
    store_connection.upload_file(address, str(tmp_path / "large"))
    assert storage.size(address) == 33 << 20
    storage.remove(address)


def test_a_conditional_write_whose_answer_is_lost_is_known_to_be_done(store):
    folder, proxy = store
    first = conditional_writes.write_if_unchanged(f"{folder}/f", CONTENT, ABSENT)
    proxy.cut_after, proxy.cuts = 1_000_000 + len(CONTENT) // 100, 1
    second = conditional_writes.write_if_unchanged(f"{folder}/f", CONTENT[::-1], first)
    assert second == conditional_writes.read_with_state(f"{folder}/f") and second.content == CONTENT[::-1]
    assert conditional_writes.write_if_unchanged(f"{folder}/f", b"", first) is None


def test_a_store_that_is_silent_is_given_up_after_three_tries_in_one_sentence(store, monkeypatch, caplog):
    monkeypatch.setattr(patience, "WAITS_S", [])
    monkeypatch.setattr(store_connection, "SILENCE_S", 0.3)
    folder, proxy = store
    proxy.silent = True
    with pytest.raises(TimeoutError, match=f"no answer from {proxy.at} in time"):
        storage.read_bytes(f"{folder}/f")
    assert proxy.connections == 3 and not [record for record in caplog.records if record.name == "gcsfs"]


@pytest.mark.parametrize("host", ["http://127.0.0.1:9", "http://nowhere.invalid"])
def test_a_google_store_that_cannot_be_reached_is_named(host, gs_bucket, monkeypatch):
    monkeypatch.setattr(store_connection, "_TRIES", 1)
    monkeypatch.setattr(patience, "WAITS_S", [])
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", host)
    with pytest.raises(OSError, match=f"{host} can't be reached: "):
        storage.read_bytes(f"{gs_bucket}/f")


def test_an_answer_that_comes_slowly_is_waited_for(store, monkeypatch):
    folder, proxy = store
    storage.write_bytes(f"{folder}/f", CONTENT[:20_000])
    monkeypatch.setattr(store_connection, "SILENCE_S", 0.5)
    proxy.delay = 0.05  # a second and more in all
    assert storage.read_bytes(f"{folder}/f") == CONTENT[:20_000]


def test_a_certificate_of_an_own_authority_needs_aws_ca_bundle(tmp_path, s3_bucket, proxied, monkeypatch):
    made = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        ["openssl", *made.split(), "-keyout", tmp_path / "key.pem", "-out", tmp_path / "ca.pem"],
        check=True,
        capture_output=True,
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")
    proxied("AWS_ENDPOINT_URL", tls)
    with pytest.raises(OSError, match="certificate isn't trusted; name its authority's file in AWS_CA_BUNDLE"):
        storage.write_bytes(f"{s3_bucket}/{tmp_path.name}", b"")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    proxied("AWS_ENDPOINT_URL")  # forgets the connection
    monkeypatch.undo()


@pytest.fixture
def strict_s3(s3_bucket, proxied):
    """A store that looks at keys and rights; `strict_s3(name, *actions)` puts a new user's keys in the environment."""
    at = os.environ["AWS_ENDPOINT_URL"]
    client = boto3.client("iam")

    def reset(count):
        plain = {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(f"{at}/moto-api/reset-auth", count.encode(), plain))

    with pytest.MonkeyPatch.context() as patched:

        def user(name, *actions):
            client.create_user(UserName=name)
            statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            client.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
            key = client.create_access_key(UserName=name)["AccessKey"]
            patched.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
            patched.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
            proxied("AWS_ENDPOINT_URL")
            reset("0")

        try:
            yield user
        finally:
            reset("inf")


def test_keys_without_rights_are_one_message_with_the_bucket_and_what_to_set(tmp_path, strict_s3):
    strict_s3(tmp_path.name, "s3:GetObject", "s3:ListBucket")
    with pytest.raises(PermissionError) as refused:
        storage.write_bytes("s3://bucket/refused", b"")
    assert refused.value.strerror == (
        "bucket `bucket` can't be used with these credentials: Access Denied (AccessDenied); set AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY to a pair that may read, list and write there, and AWS_ENDPOINT_URL to the store "
        "if that isn't Amazon's"
    )
    assert not storage.exists("s3://bucket/refused")


def test_wrong_keys_are_refused_everywhere(tmp_path, strict_s3, monkeypatch):
    strict_s3(tmp_path.name, "s3:*")
    storage.write_bytes("s3://bucket/strict/f", b"1")
    assert storage.read_bytes("s3://bucket/strict/f") == b"1"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    for look in (storage.read_bytes, storage.exists, storage.list_tree, storage.size):
        with pytest.raises(PermissionError, match="bucket `bucket` can't be used with these credentials"):
            look("s3://bucket/strict/f")


@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_a_bucket_that_is_not_there_is_said_when_something_is_written(scheme, request):
    request.getfixturevalue(f"{scheme}_bucket")
    with pytest.raises(FileNotFoundError, match="there is no bucket `nowhere` at "):
        storage.write_bytes(f"{scheme}://nowhere/f", b"")


def test_minio_is_s3_with_an_endpoint_of_its_own(tmp_path, s3_bucket, proxied, monkeypatch):
    folder = f"minio://bucket/{tmp_path.name}"
    storage.write_bytes(f"{folder}/f", b"1")
    assert storage.list_folder(f"s3://bucket/{tmp_path.name}") == ["f"] and storage.read_bytes(f"{folder}/f") == b"1"
    proxied("AWS_ENDPOINT_URL")  # forgets the connection
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with pytest.raises(OSError, match="no store is named: set AWS_ENDPOINT_URL"):
        storage.read_bytes(f"{folder}/f")


@pytest.mark.parametrize("bucket", ["full", "over-quota"])
def test_a_full_bucket_is_one_message_and_is_not_asked_again(bucket, s3_bucket):
    for write in (
        storage.write_bytes,
        lambda path, content: conditional_writes.write_if_unchanged(path, content, ABSENT),
    ):
        with pytest.raises(OSError, match=f"bucket `{bucket}` has no room left: .*XMinio") as full:
            write(f"s3://{bucket}/f", b"1")
        assert full.value.errno == errno.ENOSPC
    assert not storage.exists(f"s3://{bucket}/f")


def test_a_store_that_refuses_conditions_or_ignores_them_is_known(s3_bucket):
    with pytest.raises(OSError, match="no conditional writes") as refused:
        conditional_writes.write_if_unchanged("s3://unconditional/f", b"1", ABSENT)
    assert refused.value.errno == errno.EOPNOTSUPP
    for bucket, kept in (("bucket", True), ("careless", False)):
        storage.write_bytes(f"s3://{bucket}/conditions", b"1")
        assert conditional_writes.keeps_conditions(f"s3://{bucket}/conditions", b"1") is kept
