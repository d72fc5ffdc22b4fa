"""Uploads that are cut, wrong or hostile: what is kept and what is refused."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.activities import files
from backend.core import clock
from backend.core import settings as settings_room
from backend.core.database import execute, fetch_value
from backend.core.ids import new_id
from sync import parts, upload_routes, uploads
from tests.activities.test_pictures import SECRET, huge_png, picture
from tests.sync.phone import BOB
from tests.sync.uploading import PART, TUS, attach, begin, described, place, sha, state


async def test_a_file_with_another_hash_than_announced_is_thrown_away(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    data, client = picture("JPEG"), await client_for(cast.lan)
    attachment = await attach(cast, data)
    other = data[:-2] + b"\xff\xd9"[::-1]
    answer = await begin(client, attachment, data, first=other)
    assert (answer.status_code, answer.json()["code"]) == (460, "upload-hash")
    assert await state(attachment) == "awaited" and not files.path_of(sha(other)).exists()
    assert await fetch_value("SELECT count(*) FROM sync_uploads") == 0
    assert (await begin(client, attachment, data, first=data)).status_code == 201


async def test_bytes_other_than_the_promised_ones_do_not_become_the_attachment(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    data, other, client = picture("JPEG"), picture("JPEG"), await client_for(cast.lan)
    attachment = await attach(cast, data)
    answer = await begin(client, attachment, other, first=other)
    assert answer.status_code == 460 and await state(attachment) == "awaited"


HTML = b"<html><body><script>alert(1)</script></body></html>" + b" " * 100


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "file-empty"),
        (HTML, 415, "file-type-refused"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 415, "file-type-refused"),
        (b"MZ" + b"\0" * 200, 415, "file-type-refused"),
        (b"ab", 415, "file-type-refused"),
        (huge_png(13_000, 13_000), 413, "file-too-many-pixels"),
        (huge_png(50_000, 50_000), 413, "file-too-many-pixels"),
        (picture("JPEG")[:-20], 422, "file-broken"),
    ],
    ids=["nothing", "html.jpg", "svg", "exe", "two bytes", "13000x13000", "50000x50000", "cut jpeg"],
)
async def test_bad_files_get_a_clear_problem_and_leave_nothing(
    cast: SimpleNamespace, client_for: Callable[..., Any], data: bytes, status: int, code: str
) -> None:
    client = await client_for(cast.lan)
    before = {path.name for path in (files.settings().files_dir / "parts").glob("*")}
    answer = await begin(client, new_id(), data, first=data, filename="../../etc/ảnh\0.jpg", filetype="image/jpeg")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["title"] != f"problem.{code}"
    assert await fetch_value("SELECT count(*) FROM sync_uploads") == 0
    assert {path.name for path in (files.settings().files_dir / "parts").glob("*")} <= before
    assert not files.path_of(sha(data)).exists()


async def test_more_than_the_limit_is_refused_before_and_more_than_announced_while_it_comes(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    data, client = picture("JPEG"), await client_for(cast.lan)
    headers = {**TUS, **described(new_id(), data), "Upload-Length": str(25 * 2**20 + 1)}
    answer = await client.post("/files", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "file-too-large")

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield data

    path = place(await begin(client, new_id(), data))
    answer = await client.patch(path, content=endless(), headers={**PART, "Upload-Offset": "0"})
    assert (answer.status_code, answer.json()["code"]) == (413, "upload-too-long")
    assert (await client.head(path, headers=TUS)).status_code == 404, "the partial file is gone"
    assert not parts.path_of(UUID(path.rsplit("/", 1)[1])).exists()


@pytest.mark.parametrize(
    "headers",
    [{"Upload-Metadata": ""}, {"Upload-Metadata": "att_id !!!"}, {"Upload-Metadata": "att_id eA=="},
     {"Upload-Length": ""}, {"Upload-Length": "9" * 30}, {"Upload-Length": "1.5"}],
)  # fmt: skip
async def test_an_announcement_that_says_nothing_is_refused(
    cast: SimpleNamespace, client_for: Callable[..., Any], headers: dict[str, str]
) -> None:
    client = await client_for(cast.lan)
    answer = await client.post("/files", headers={**TUS, **described(new_id(), b"x"), **headers})
    assert answer.status_code == 422


async def test_one_writer_at_a_time(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    data, client = picture("JPEG"), await client_for(cast.lan)
    path = place(await begin(client, new_id(), data))
    released = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield data[:100]
        await released.wait()
        yield data[100:]

    first = asyncio.create_task(client.patch(path, content=slow(), headers={**PART, "Upload-Offset": "0"}))
    await asyncio.sleep(0.2)
    second = await client.patch(path, content=data, headers={**PART, "Upload-Offset": "0"})
    assert (second.status_code, second.json()["code"]) == (423, "upload-busy")
    released.set()
    assert (await first).status_code == 204


async def test_uploads_of_others_do_not_exist(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    data, lan, bob = picture("JPEG"), await client_for(cast.lan), await client_for(cast.bob)
    attachment = await attach(cast, data)
    path = place(await begin(lan, attachment, data))
    for answer in (
        await bob.head(path, headers=TUS),
        await bob.patch(path, content=data, headers={**PART, "Upload-Offset": "0"}),
        await bob.delete(path, headers=TUS),
        await begin(bob, attachment, data, first=data),
    ):
        assert answer.status_code == 404
    assert await state(attachment) == "awaited"


async def test_an_upload_can_be_ended_and_expires_by_itself(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    data, client = picture("JPEG"), await client_for(cast.lan)
    path = place(await begin(client, new_id(), data, first=data[:100]))
    assert (await client.delete(path, headers=TUS)).status_code == 204
    assert (await client.head(path, headers=TUS)).status_code == 404
    path = place(await begin(client, new_id(), data, first=data[:100]))
    with clock.at(clock.now() + timedelta(days=8)):
        assert await uploads.sweep() == 1
    assert not parts.path_of(UUID(path.rsplit("/", 1)[1])).exists()


async def test_a_dead_line_gives_the_upload_free(
    cast: SimpleNamespace, client_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_routes, "SILENCE", 0.1)
    data, client = picture("JPEG"), await client_for(cast.lan)
    path = place(await begin(client, new_id(), data))

    async def stalls() -> AsyncIterator[bytes]:
        yield data[:100]
        await asyncio.sleep(1)

    await client.patch(path, content=stalls(), headers={**PART, "Upload-Offset": "0"})
    assert (await client.head(path, headers=TUS)).headers["Upload-Offset"] == "100"
    done = await client.patch(path, content=data[100:], headers={**PART, "Upload-Offset": "100"})
    assert done.status_code == 204


async def test_what_the_server_can_do_is_said(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    answer = await (await client_for(cast.lan)).options("/files")
    assert answer.headers["Tus-Version"] == "1.0.0" and answer.headers["Tus-Max-Size"] == str(25 * 2**20)
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation", "creation-with-upload", "checksum", "termination", "expiration",
    }  # fmt: skip


async def test_a_photograph_is_served_without_its_place_only_to_those_who_see_its_customer(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    data, lan = picture("JPEG"), await client_for(cast.lan)
    attachment = await attach(cast, data)
    awaited = await lan.get(f"/attachments/{attachment}")
    assert (awaited.status_code, awaited.json()["code"]) == (409, "file-awaited")
    await begin(lan, attachment, data, first=data)
    served = await (await client_for(cast.hung)).get(f"/attachments/{attachment}")
    assert served.status_code == 200 and served.headers["Content-Type"] == "image/jpeg"
    assert SECRET in data and SECRET not in served.content and served.content.startswith(b"\xff\xd8")
    assert served.headers["Content-Security-Policy"].startswith("sandbox")
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    again = await lan.get(f"/attachments/{attachment}", headers={"If-None-Match": served.headers["ETag"]})
    assert again.status_code == 304
    small = await lan.get(f"/attachments/{attachment}?size=thumb")
    assert small.status_code == 200 and small.headers["Content-Type"] == "image/jpeg"
    unknown = await (await client_for(cast.bob)).get(f"/attachments/{new_id()}")
    for login in ("bob", "ngoc", "mai"):
        foreign = await (await client_for(getattr(cast, login))).get(f"/attachments/{attachment}")
        assert foreign.status_code == 404 and foreign.content == unknown.content
    for login in ("tuan", "sau"):
        assert (await (await client_for(getattr(cast, login))).get(f"/attachments/{attachment}")).status_code == 403
    await move_to_bob(attachment)
    assert (await lan.get(f"/attachments/{attachment}")).status_code == 404


async def move_to_bob(attachment: UUID) -> None:
    from tests.sync.phone import reassign

    await reassign(await fetch_value("SELECT customer_id FROM attachments WHERE id = $1", attachment), BOB)


async def test_papers_are_served_to_be_saved_and_not_to_be_opened_in_place(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    data, client = b"%PDF-1.4\n%fake\n" + os.urandom(500), await client_for(cast.lan)
    attachment = await attach(cast, data, "application/pdf")
    await begin(client, attachment, data, first=data)
    served = await client.get(f"/attachments/{attachment}")
    assert served.content == data and served.headers["Content-Disposition"].startswith("attachment")


async def test_a_full_disk_is_said_and_what_came_before_is_kept(
    cast: SimpleNamespace, client_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, client = picture("JPEG"), await client_for(cast.lan)
    path = place(await begin(client, new_id(), data, first=data[:100]))

    async def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(parts, "append", full)
        answer = await client.patch(path, content=data[100:], headers={**PART, "Upload-Offset": "100"})
    assert (answer.status_code, answer.json()["code"]) == (507, "disk-full")
    done = await client.patch(path, content=data[100:], headers={**PART, "Upload-Offset": "100"})
    assert done.status_code == 204


async def test_one_person_may_send_so_much_a_day_and_is_told_the_numbers(
    cast: SimpleNamespace, client_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was promised counts, whether it came or not; the phone keeps the photo and tries again."""
    small = msgspec.structs.replace(settings_room.settings(), upload_quota_mb=1)
    monkeypatch.setattr(uploads, "settings", lambda: small)
    data, lan, bob = picture("JPEG"), await client_for(cast.lan), await client_for(cast.bob)
    many = {**TUS, **described(new_id(), data), "Upload-Length": str(2**20 - len(data))}
    assert (await lan.post("/files", headers=many)).status_code == 201
    assert (await begin(lan, new_id(), data, first=data)).status_code == 201, "to the last byte"
    full = await begin(lan, new_id(), data)
    told = full.json()
    assert (full.status_code, told["code"], told["limit_mb"], told["used_mb"]) == (507, "upload-room", 1, 1.0)
    assert 60 <= int(full.headers["Retry-After"]) <= 86_400 and "1.0" in told["title"]
    assert await fetch_value("SELECT count(*) FROM sync_uploads") == 2, "a refusal leaves nothing"
    assert (await begin(bob, new_id(), data)).status_code == 201, "another person has room of their own"
    with clock.at(clock.now() + timedelta(days=1, minutes=1)):
        assert (await begin(lan, new_id(), data)).status_code == 201


async def test_the_three_hundred_and_first_unfinished_upload_waits(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    data, client = picture("JPEG"), await client_for(cast.lan)
    await execute(
        """INSERT INTO sync_uploads (user_id, attachment_id, id, length, created_at, expires_at)
           SELECT $1, gen_random_uuid(), gen_random_uuid(), 10, now(), now() + interval '7 days'
             FROM generate_series(1, 300)""",
        cast.lan.user_id,
    )
    full = await begin(client, new_id(), data)
    assert (full.status_code, full.json()["code"], full.json()["limit"]) == (429, "upload-quota", 300)


def test_metadata_is_base64_pairs() -> None:
    header = "att_id " + base64.b64encode(str(UUID(int=5)).encode()).decode() + ",filename"
    assert upload_routes._described(header) == (UUID(int=5), None)
    assert msgspec.json.encode(upload_routes._metadata("a YQ==, b")) == b'{"a":"a","b":""}'
