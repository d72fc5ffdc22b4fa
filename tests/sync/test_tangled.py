"""A line that does everything wrong, and connections that hang: each operation once, the office never tied up."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from backend.demo.cast import PASSWORD
from tests.sync.mortal import Mortal, mortal
from tests.sync.tangle import FATES
from tests.sync.tangled import GRACE, IMPATIENT, hand_in, no_faults, transactions


async def test_two_hundred_operations_over_a_line_with_every_fault_happen_once(
    cast: SimpleNamespace, database: str, tmp_path: Path
) -> None:
    with mortal(database, tmp_path / "data", **IMPATIENT) as server:
        met = await hand_in(server, tmp_path, seed=1, operations=200, faults=48)
    assert {met[fate] for fate in FATES} == {6}, "each fault as often as it was planned"
    assert no_faults(tmp_path / "data")


async def _session(server: Mortal) -> str:
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post("/session", json={"login": "lan", "password": PASSWORD})
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        return f"Cookie: {cookie}\r\nX-Tuyen-CSRF: {answer.json()['csrf']}\r\n"


def _hanging(answers: list[Any]) -> list[int]:
    return [n for n, answer in enumerate(answers) if not answer.done()]


async def test_requests_that_never_end_are_ended_and_hold_no_transaction(
    cast: SimpleNamespace, database: str, tmp_path: Path
) -> None:
    """Nothing at all, half a head, a body that stops, one that drips, an upload that stops: six of each at once."""
    loop = asyncio.get_running_loop()
    with mortal(database, tmp_path / "data", **IMPATIENT) as server:
        who = await _session(server)
        head = "POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n"
        tus = head.replace("/sync", "/files").replace("application/json", "application/offset+octet-stream")
        tus += "Tus-Resumable: 1.0.0\r\nUpload-Length: 5000\r\nUpload-Metadata: att_id MDE5\r\n"
        openings = ["", "POST /api", f'{head}{who}\r\n{{"v":', f"{head}{who}\r\n", f"{tus}{who}\r\nabc"]
        began = loop.time()
        lines = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(6 * len(openings))]
        answers = [asyncio.ensure_future(reader.read()) for reader, _ in lines]
        for n, (_, writer) in enumerate(lines):
            writer.write(openings[n % len(openings)].encode())

        async def drip() -> None:
            while True:
                for _, writer in lines[3 :: len(openings)]:
                    writer.write(b" ")
                await asyncio.sleep(0.1)

        dripping = asyncio.create_task(drip())
        try:
            while not all(answer.done() for answer in answers):
                assert loop.time() - began < 4 * GRACE + 10, _hanging(answers)
                assert await transactions(GRACE * 0.7) == 0
                await asyncio.sleep(0.1)
            told = [(await answer).split(b"\r\n")[0] for answer in answers]
            for kind in (2, 3):
                assert set(told[kind :: len(openings)]) == {b"HTTP/1.1 408 Request Timeout"}, told
            async with httpx.AsyncClient(base_url=server.url) as client:
                assert (await client.get("/me")).status_code == 401, "others are served"
        finally:
            dripping.cancel()
            for _, writer in lines:
                writer.close()
    assert no_faults(tmp_path / "data")
