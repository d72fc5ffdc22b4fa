"""Photographs arrive once, whole and proven, whatever the line does; what is no photograph does not."""

import base64
import hashlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from backend.activities import files
from backend.core.database import fetch_value
from backend.core.ids import new_id
from sync import parts
from sync.push import push
from tests.activities.test_pictures import picture
from tests.sync.handing import mutation, subject, visit
from tests.sync.phone import Phone, make_customer
from tests.sync.uploading import PART, TUS, attach, begin, place, send_cut, sha, state


async def test_a_small_photograph_is_one_request(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    data, client = picture("JPEG"), await client_for(cast.lan)
    attachment = await attach(cast, data)
    answer = await begin(client, attachment, data, first=data)
    assert answer.status_code == 201 and answer.headers["Upload-Offset"] == str(len(data))
    assert await state(attachment) == "stored"
    assert sha(files.path_of(sha(data)).read_bytes()) == sha(data)
    phone = Phone(cast.lan)
    await phone.sync()
    assert phone.rows["attachment"][str(attachment)][2]["state"] == "stored"


async def test_bytes_that_come_before_their_row_are_waited_for(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    data, client, attachment = picture("PNG"), await client_for(cast.lan), new_id()
    await begin(client, attachment, data, first=data)
    one = visit(await make_customer())
    args = {"id": str(attachment), "owner": "visit", "owner_id": str(subject(one)), "sha256": sha(data),
            "size": len(data), "mime": "image/png"}  # fmt: skip
    acks = await push([one, mutation("attachment.add", args)], actor=cast.lan)
    assert acks[1].result["state"] == "stored"


@pytest.mark.parametrize("after", [0, 1, 15, 16, 17, 1000, 2047, 2048, 4000])
async def test_what_arrived_before_a_cut_is_kept_and_the_rest_resumes_there(
    cast: SimpleNamespace, client_for: Callable[..., Any], app: Any, after: int
) -> None:
    data, client = picture("JPEG", (160, 120)), await client_for(cast.lan)
    assert len(data) > 4096
    attachment = await attach(cast, data)
    path = place(await begin(client, attachment, data))
    await send_cut(app, client, path, 0, data[:after])
    asked = await client.head(path, headers=TUS)
    assert asked.headers["Upload-Offset"] == str(after) and asked.headers["Upload-Length"] == str(len(data))
    assert asked.headers["Cache-Control"] == "no-store"
    done = await client.patch(path, content=data[after:], headers={**PART, "Upload-Offset": str(after)})
    assert done.status_code == 204 and done.headers["Upload-Offset"] == str(len(data))
    assert await state(attachment) == "stored" and files.hash_of(files.path_of(sha(data))) == sha(data)


async def test_a_cut_part_that_carried_a_checksum_is_not_kept(
    cast: SimpleNamespace, client_for: Callable[..., Any], app: Any
) -> None:
    data, client = picture("JPEG"), await client_for(cast.lan)
    path = place(await begin(client, new_id(), data))
    digest = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
    await send_cut(app, client, path, 0, data[:100], **{"Upload-Checksum": f"sha1 {digest}"})
    assert (await client.head(path, headers=TUS)).headers["Upload-Offset"] == "0"


async def test_announcing_the_same_file_again_finds_the_place_where_it_stopped(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    data, client, attachment = picture("JPEG"), await client_for(cast.lan), new_id()
    path = place(await begin(client, attachment, data))
    await client.patch(path, content=data[:500], headers={**PART, "Upload-Offset": "0"})
    again = await begin(client, attachment, data, first=data)
    assert place(again) == path and again.headers["Upload-Offset"] == "500", "bytes of a repeat are not taken twice"
    await client.patch(path, content=data[500:], headers={**PART, "Upload-Offset": "500"})
    finished = await begin(client, attachment, data)
    assert place(finished) == path and finished.headers["Upload-Offset"] == str(len(data))
    assert await fetch_value("SELECT count(*) FROM attachment_files") == 1


async def test_the_same_picture_may_belong_to_two_visits(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    data, client = picture("JPEG"), await client_for(cast.lan)
    first, second = await attach(cast, data), await attach(cast, data)
    for attachment in (first, second):
        await begin(client, attachment, data, first=data)
    assert await state(first) == await state(second) == "stored"


async def test_an_upload_finished_just_before_the_server_stopped_is_settled_when_asked(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    data, client = picture("JPEG"), await client_for(cast.lan)
    attachment = await attach(cast, data)
    path = place(await begin(client, attachment, data))
    parts.path_of(UUID(path.rsplit("/", 1)[1])).parent.mkdir(parents=True, exist_ok=True)
    parts.path_of(UUID(path.rsplit("/", 1)[1])).write_bytes(data)
    assert (await client.head(path, headers=TUS)).headers["Upload-Offset"] == str(len(data))
    assert await state(attachment) == "stored"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload-Offset": "1"}, 409, "upload-offset"),
        ({"Upload-Offset": "x"}, 422, "upload-length"),
        ({"Upload-Offset": "-1"}, 422, "upload-length"),
        ({"Tus-Resumable": "0.2.0"}, 412, "upload-version"),
        ({"Content-Type": "text/plain"}, 415, "upload-content-type"),
        ({"Upload-Checksum": "sha1 AAAA"}, 460, "upload-checksum"),
        ({"Upload-Checksum": "crc32 AAAA"}, 422, "upload-metadata"),
        ({"Upload-Checksum": "sha1 ?"}, 422, "upload-metadata"),
    ],
)
async def test_parts_that_do_not_fit_are_refused_and_nothing_of_them_is_kept(
    cast: SimpleNamespace, client_for: Callable[..., Any], headers: dict[str, str], status: int, code: str
) -> None:
    data, client = picture("JPEG"), await client_for(cast.lan)
    path = place(await begin(client, new_id(), data))
    answer = await client.patch(path, content=data, headers={**PART, "Upload-Offset": "0", **headers})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert (await client.head(path, headers=TUS)).headers["Upload-Offset"] == "0"


async def test_a_right_checksum_is_accepted(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    data, client = picture("JPEG"), await client_for(cast.lan)
    path = place(await begin(client, new_id(), data))
    digest = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
    answer = await client.patch(
        path, content=data, headers={**PART, "Upload-Offset": "0", "Upload-Checksum": f"sha1 {digest}"}
    )
    assert answer.status_code == 204
