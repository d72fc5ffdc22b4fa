"""The app's files reach a phone small, fresh and under a policy that lets no foreign script run."""

import gzip
import json
import re

import brotli
import httpx
import pytest

from pwa.routes import CSP


async def test_the_page_holds_no_inline_script_or_style_and_says_so(shell: httpx.Response) -> None:
    assert shell.status_code == 200
    assert shell.headers["content-security-policy"] == CSP
    assert "unsafe" not in CSP
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", shell.text)


async def test_the_page_is_asked_for_again_each_time_and_its_scripts_never(
    shell: httpx.Response, entry: str, anonymous: httpx.AsyncClient
) -> None:
    script = await anonymous.get(f"http://tuyen.test{entry}")
    worker = await anonymous.get("http://tuyen.test/sw.js")
    assert shell.headers["cache-control"] == worker.headers["cache-control"] == "no-cache"
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(("accepted", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
async def test_scripts_travel_compressed_at_build_time(
    entry: str, anonymous: httpx.AsyncClient, accepted: str, unpack: object
) -> None:
    address = f"http://tuyen.test{entry}"
    plain = await anonymous.get(address, headers={"Accept-Encoding": "identity"})
    packed = await anonymous.get(address, headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == accepted
    assert packed.headers["vary"].lower().count("accept-encoding") >= 1
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.content == plain.content


@pytest.mark.parametrize(
    "path", ["../routes.py", "..%2froutes.py", "%2e%2e/assets.py", ".vite/manifest.json", "assets/", "nothing.js"]
)
async def test_nothing_but_the_build_can_be_asked_for(built: None, anonymous: httpx.AsyncClient, path: str) -> None:
    answer = await anonymous.get(f"http://tuyen.test/static/{path}")
    assert answer.status_code == 404
    assert "def " not in answer.text


async def test_every_file_the_service_worker_keeps_is_served(built: None, anonymous: httpx.AsyncClient) -> None:
    worker = await anonymous.get("http://tuyen.test/sw.js")
    kept = set(re.findall(r"/static/[\w./-]+\.(?:js|css|png|svg)", worker.text))
    assert len(kept) > 20
    for address in kept:
        assert (await anonymous.get(f"http://tuyen.test{address}")).status_code == 200, address


async def test_a_phone_can_install_the_app(built: None, anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.get("http://tuyen.test/manifest.webmanifest")
    manifest = json.loads(answer.text)
    assert answer.headers["content-type"] == "application/manifest+json"
    assert manifest["display"] == "standalone" and manifest["start_url"] == manifest["scope"] == "/"
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    assert any(icon.get("purpose") == "maskable" for icon in manifest["icons"])
    for icon in manifest["icons"]:
        served = await anonymous.get(f"http://tuyen.test{icon['src']}")
        assert served.headers["content-type"] == icon["type"]
