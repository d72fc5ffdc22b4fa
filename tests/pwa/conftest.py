"""The phone app, built once for these tests when its sources changed since the last build."""

import re

import httpx
import pytest

import hatch_build


@pytest.fixture(scope="session")
def built() -> None:
    """The app as the wheel would carry it."""
    hatch_build.build()


@pytest.fixture
async def shell(built: None, anonymous: httpx.AsyncClient) -> httpx.Response:
    """The one page of the app."""
    return await anonymous.get("http://tuyen.test/")


@pytest.fixture
def entry(shell: httpx.Response) -> str:
    """The address of the app's first script."""
    found = re.search(r'<script type="module" src="([^"]+)"', shell.text)
    assert found
    return found[1]
