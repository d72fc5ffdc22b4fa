"""What happens to a phone besides selling: a newer app, work carried to another phone, a store that is nearly full."""

import asyncio
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, Served
from tests.browser.person import PATIENCE, person
from tests.browser.proxy import BadLine
from tests.browser.test_phones import claims

pytestmark = pytest.mark.xdist_group("browser")


class NewerApp(BadLine):
    """A line to an office that has built a newer app once `newer` is set: its worker has another text."""

    newer = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As ever, but for the worker's file."""
        head = await reader.readuntil(b"\r\n\r\n")
        if not self.newer or b" /sw.js " not in head:
            again = asyncio.StreamReader()
            again.feed_data(head)
            pump = asyncio.create_task(_pump(reader, again))
            try:
                await super().carry(again, writer)
            finally:
                pump.cancel()
            return
        back, office = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        office.write(b"GET /sw.js HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        said, _, script = (await back.read()).partition(b"\r\n\r\n")
        office.close()
        kept = [line for line in said.split(b"\r\n") if not line.lower().startswith((b"content-length:", b"etag:"))]
        script += b"\n// newer"
        writer.write(b"\r\n".join([*kept, b"Content-Length: %d" % len(script), b"", script]))
        await writer.drain()


async def _pump(reader: asyncio.StreamReader, into: asyncio.StreamReader) -> None:
    while piece := await reader.read(65536):
        into.feed_data(piece)
    into.feed_eof()


def test_a_newer_app_is_offered_and_taken_when_the_person_says_so(browser: Browser, served: Served) -> None:
    with NewerApp(served.port) as line, person(browser, f"http://127.0.0.1:{line.port}", size=PHONE) as lan:
        lan.pictures = "update"
        lan.set_out("lan")
        line.cut()
        claims(lan.page, [51_700])
        line.mend()
        line.newer = True
        lan.page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
        offer = lan.page.get_by_role("status").filter(has_text=lan.say("app.update"))
        expect(offer).to_be_visible(timeout=PATIENCE)
        lan.fits()
        lan.picture("offered")
        words = lan.page.locator(".pointer-events-none[role=status]").bounding_box()
        box = offer.bounding_box()
        assert words and box and words["y"] + words["height"] <= box["y"], "short messages do not hide the offer"
        lan.page.evaluate("window.oldPage = true")
        lan.see("/customers")  # the old one goes on working
        expect(lan.page.locator("main li").first).to_be_visible(timeout=PATIENCE)
        with lan.page.expect_navigation(timeout=PATIENCE):
            offer.get_by_role("button", name=lan.say("app.update-now")).click()
        assert lan.page.evaluate("window.oldPage") is None
        expect(lan.page.locator("main li").first).to_be_visible(timeout=PATIENCE)
        expect(offer).to_have_count(0)
        lan.hand_in()
        assert [one["amount"] for one in lan.ask("/expenses?limit=200")["items"]].count("51700") == 1


def test_unsent_work_is_carried_to_another_phone_and_arrives_once(
    browser: Browser, served: Served, line: BadLine, tmp_path: Path
) -> None:
    home = f"http://127.0.0.1:{line.port}"
    with person(browser, home, size=PHONE, pictures="carry") as lan:
        lan.set_out("lan")
        line.cut()
        lan.context.set_offline(True)
        claims(lan.page, [61_700, 62_700])
        lan.see("/outbox")
        lan.page.get_by_role("button", name=lan.say("carry.title")).click()
        lan.page.get_by_label(lan.say("carry.password"), exact=True).fill("mật khẩu dài")
        lan.picture("saving")
        with lan.page.expect_download(timeout=PATIENCE) as coming:
            lan.page.locator("dialog[open] .btn-primary").click()
        file = tmp_path / coming.value.suggested_filename
        coming.value.save_as(file)
        assert b"61700" not in file.read_bytes()

        with person(browser, f"http://127.0.0.1:{served.port}", size=PHONE, pictures="carry-other") as other:
            other.log_in("lan", other.say("app.today"))
            other.synced()
            other.see("/outbox")
            other.page.get_by_role("button", name=other.say("carry.title")).click()
            other.page.locator("input[type=file]").set_input_files(file)
            word = other.page.get_by_label(other.say("carry.password"), exact=True)
            word.fill("mật khẩu khác")
            other.page.locator("dialog[open] .btn-secondary").click()
            expect(other.page.locator("dialog[open] .note")).to_contain_text(
                other.say("carry.not-password"), timeout=PATIENCE
            )
            other.picture("refused")
            word.fill("mật khẩu dài")
            other.page.locator("dialog[open] .btn-secondary").click()
            expect(other.page.locator("dialog[open]")).to_have_count(0, timeout=PATIENCE)
            other.hand_in()

        line.mend()
        lan.context.set_offline(False)
        lan.hand_in()
        amounts = [one["amount"] for one in lan.ask("/expenses?limit=200")["items"]]
        assert (amounts.count("61700"), amounts.count("62700")) == (1, 1)


def test_a_phone_that_is_nearly_full_says_so_before_a_photo_is_taken(browser: Browser, served: Served) -> None:
    with person(browser, f"http://127.0.0.1:{served.port}", size=PHONE, pictures="full") as lan:
        lan.context.add_init_script("navigator.storage.estimate = async () => ({ usage: 81e6, quota: 100e6 })")
        lan.log_in("lan", lan.say("app.today"))
        lan.synced()
        lan.see("/expenses/new")
        expect(lan.page.get_by_text(lan.say("app.storage-full"))).to_be_visible(timeout=PATIENCE)
        lan.fits()
        lan.picture("warned")
