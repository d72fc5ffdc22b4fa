"""Every screen, for every kind of user, in both languages, for phones and desks: usable by everybody.

axe-core (WCAG 2.2 AA and its best practices) finds nothing, whatever is tapped is at least 44 px, nothing is wider than
the screen, nothing is left untranslated, and the console stays silent. A screen added to a `routes.ts` is walked
without being named here.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, TEXTS, Person, person

pytestmark = pytest.mark.xdist_group("browser")
PWA = Path(__file__).parents[2] / "pwa"
AXE = PWA / "node_modules" / "axe-core" / "axe.min.js"
LOOK = (Path(__file__).parent / "looking.js").read_text("utf-8")
SIZES: dict[str, Any] = {"phone": PHONE, "desk": DESK}
# Each language at one size finds nearly everything in half the time; TUYEN_WALK=whole looks at both at both.
WHOLE = os.environ.get("TUYEN_WALK") == "whole"
LOOKED_AT = {"vi": ("phone", "desk") if WHOLE else ("phone",), "en": ("phone", "desk") if WHOLE else ("desk",)}
LANDING = {"lan": "Hôm nay", "tuan": "Hàng cần lấy", "hung": "Hôm nay", "mai": "Hôm nay", "an": "Hôm nay"}
# Screens nobody's bar leads to, and who meets them. What is neither here nor on a bar is the administrator's.
FIELD = ("lan", "hung", "an")
MET: dict[str, tuple[str, ...]] = {
    "/": ("lan", "hung", "an", "mai"), "/more": tuple(LANDING), "/outbox": ("lan", "tuan"), "*": ("lan",),
    "/customers/:id": ("lan", "hung", "mai"), "/customers/:id/edit": ("lan",), "/leads/new": ("lan",),
    "/visits/new/:id": ("lan",), "/expenses/new": ("lan",), "/expenses/new/:id": ("lan",),
    "/orders/new": ("lan",), "/orders/new/:customer": FIELD, "/orders/:id": ("lan", "hung", "an", "mai"),
    "/dispatch/:id": ("tuan", "an"), "/customers/:id/terms": ("hung", "mai"), "/promotions/new/:template": ("an",),
    "/conflicts/:root": ("lan",), "/expenses/edit/:id": ("lan",), "/handovers/new": ("hung",),
}  # fmt: skip
# Screens that look different to different people; any other is looked at with the first who meets it.
DIFFERENT = {"/", "/customers/:id", "/orders/:id", "/approvals"}
# The demo company has imported nothing yet; its own story looks at that screen.
NOT_IN_THE_DEMO = {"/imports/:id"}
# What opens on a screen: a button's text key, pressed when it is there.
OPENED = {"/orders/new/:customer": "orders.add-item", "/approvals": "approve.approve", "/more": "app.log-out"}


def routes() -> list[str]:
    """Every screen's path, read from the slices' own lists."""
    lists = [file.read_text("utf-8") for file in (PWA / "src" / "screens").glob("*/routes.ts")]
    return sorted({path for one in lists for path in re.findall(r"'([^']+)': \(\) =>\s*import\(", one)})


def foreign(language: str) -> list[str]:
    """Whole texts that only the other language has: none of them may stand on a screen in this one."""
    other = "en" if language == "vi" else "vi"
    ours = set(TEXTS[language].values())
    return sorted({text for text in TEXTS[other].values() if text not in ours and "{" not in text and len(text) > 3})


class Walker:
    """Somebody walking the app, noting down every fault they see."""

    def __init__(self, who: Person, login: str) -> None:
        self.who, self.page, self.login = who, who.page, login
        self.faults: list[str] = []
        self.looks = 0
        self.page.on("console", lambda said: self._heard(said.text) if said.type == "error" else None)

    def _heard(self, text: str) -> None:
        self.faults.append(f"{self.login} {self.page.url.split('#')[-1]}: console: {text}")

    def settle(self) -> None:
        """Until nothing on the screen says that it is loading, and what moves has come to rest."""
        self.page.wait_for_function(
            "() => document.querySelector('main') && !document.querySelector('main .loading, [aria-busy=true]')",
            timeout=PATIENCE,
        )
        self.page.evaluate(
            """async () => {
                 await new Promise((go) => setTimeout(go, 120))
                 await Promise.race([
                   Promise.all(document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity).map((one) => one.finished.catch(() => 0))),
                   new Promise((go) => setTimeout(go, 1500)),
                 ])
               }"""  # noqa: E501 -- a script for the browser
        )

    def look(self, where: str, language: str) -> None:
        """Look at the screen at the sizes of this language."""
        asked = {"keys": [key for key in TEXTS["vi"] if "." in key], "foreign": foreign(language)}
        for name in LOOKED_AT[language]:
            self.page.set_viewport_size(SIZES[name])
            self.settle()
            found = self.page.evaluate(LOOK, asked)
            if found:  # the screen may have changed under the eyes of axe: a fault is what is still there
                self.settle()
                found = self.page.evaluate(LOOK, asked)
            for fault in found:
                self.faults.append(f"{self.login} {where} {language} {name}: {fault}")
            self.who.language = language
            self.who.picture(f"{self.login}{where.replace('/', '_').replace(':', '').replace('*', 'lost')}-{name}")
            self.looks += 1
        self.page.set_viewport_size(SIZES["phone"])

    def visit(self, where: str, path: str, language: str) -> None:
        """One screen, and what opens on it."""
        self.page.evaluate("(path) => { location.hash = '#' + path }", path)
        self.page.wait_for_timeout(60)
        self.look(where, language)
        if where in OPENED:
            button = self.page.locator("main button", has_text=TEXTS[language][OPENED[where]]).first
            if button.is_visible() and button.is_enabled():
                button.click()
                expect(self.page.locator("dialog[open]")).to_be_visible(timeout=PATIENCE)
                self.look(where + "+", language)
                self.page.keyboard.press("Escape")


def bar(page: Page) -> set[str]:
    """Where the bars and the list under "More" lead."""
    return set(
        page.eval_on_selector_all("nav a[href^='#/']", "(all) => all.map((one) => one.getAttribute('href').slice(1))")
    )


def paths(who: Person, login: str) -> Iterator[tuple[str, str]]:
    """The screens somebody meets: (pattern, path)."""
    who.see("/more")
    expect(who.page.locator("h1")).to_be_visible(timeout=PATIENCE)
    reach = bar(who.page)
    for pattern in routes():
        parent = pattern.split("/:", maxsplit=1)[0]
        if pattern == "/login":
            continue
        if pattern in MET:
            met = login in MET[pattern]
        else:
            met = parent in reach or (login == "an" and not any(parent.startswith(one + "/") for one in reach - {"/"}))
        if met:
            path = fill(who, pattern)
            if path:
                yield pattern, path


def fill(who: Person, pattern: str) -> str | None:
    """A real path of a pattern: ids come from the office, or from the first link of the list above."""
    if ":" not in pattern:
        return "/nowhere" if pattern == "*" else pattern
    kind = pattern.split("/:", maxsplit=1)[0]
    if pattern == "/expenses/edit/:id":
        mine = who.ask("/expenses?limit=200")["items"]
        return "/expenses/edit/" + str(next(one for one in mine if one["state"] == "submitted")["id"])
    if pattern.startswith(("/customers/", "/visits/", "/expenses/", "/orders/new/", "/conflicts/")):
        return re.sub(r":\w+", who.ask("/customers?limit=1&stage=account")["items"][0]["id"], pattern)
    if pattern == "/orders/:id":
        return "/orders/" + str(who.ask("/orders?limit=1")["items"][0]["id"])
    if pattern == "/dispatch/:id":
        waiting = who.ask("/dispatches/queue?limit=50")["items"]
        return "/dispatch/" + str(next((one for one in waiting if one["state"] == "confirmed"), waiting[0])["id"])
    if pattern == "/rates/:code":  # with one foreign currency the list leads nowhere: it shows that one itself
        return "/rates/USD"
    if pattern == "/promotions/new/:template":
        return "/promotions/new/empty"
    who.see(kind)
    link = who.page.locator(f"main a[href^='#{kind}/']:not([href*='/new'])").first
    try:
        link.wait_for(timeout=15_000)
    except Error:
        return None
    return str(link.get_attribute("href"))[1:]


@pytest.fixture(scope="module")
def walked() -> dict[str, set[str]]:
    """Which screens were walked by whom."""
    return {}


@pytest.mark.parametrize("login", LANDING)
def test_every_screen_is_usable_by_everybody(
    browser: Browser, served: Served, walked: dict[str, set[str]], login: str
) -> None:
    home = f"http://127.0.0.1:{served.port}"
    spot: dict[str, Any] = {
        "geolocation": {"latitude": 10.77, "longitude": 106.69, "accuracy": 15},
        "permissions": ["geolocation"],
        "reduced_motion": "reduce",
        "bypass_csp": True,  # axe comes from outside the app; the app's own policy is tested with the headers
    }
    with person(browser, home, size=PHONE, pictures="axe", **spot) as who:
        who.context.add_init_script(path=AXE)
        who.log_in(login, LANDING[login])
        expect(who.page.locator("[data-sync=done]").first).to_be_visible(timeout=PATIENCE)
        walker = Walker(who, login)
        found = [
            (pattern, path) for pattern, path in paths(who, login) if pattern in DIFFERENT or pattern not in walked
        ]
        for language in ("vi", "en"):
            if language == "en":
                who.see("/more")
                who.page.get_by_text("English", exact=True).click()
                expect(who.page.locator("html")).to_have_attribute("lang", "en")
            for pattern, path in found:
                walked.setdefault(pattern, set()).add(login)
                walker.visit(pattern, path, language)
        assert walker.looks >= sum(map(len, LOOKED_AT.values())) * len(found)
        assert not walker.faults, f"{len(walker.faults)} faults\n" + "\n".join(sorted(set(walker.faults)))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_signing_in_is_usable_by_everybody(browser: Browser, served: Served, language: str) -> None:
    with person(browser, f"http://127.0.0.1:{served.port}", size=PHONE, pictures="axe", bypass_csp=True) as who:
        who.context.add_init_script(path=AXE)
        who.page.goto(who.home)
        if language == "en":
            who.page.get_by_role("button", name="English").click()
        walker = Walker(who, "nobody")
        walker.look("/login", language)
        who.page.locator("input[name=username]").fill("lan")
        who.page.locator("input[name=password]").fill("wrong password")
        who.page.keyboard.press("Enter")
        expect(who.page.locator("[aria-invalid=true]")).to_be_visible(timeout=PATIENCE)
        walker.faults = [fault for fault in walker.faults if "401" not in fault]  # the browser's own note of the answer
        walker.look("/login-wrong", language)
        assert not walker.faults, "\n".join(walker.faults)


def test_no_screen_was_left_out(walked: dict[str, set[str]]) -> None:
    missed = set(LANDING) - set().union(*walked.values())
    if missed:
        pytest.skip(f"only some people were chosen to walk, not {', '.join(sorted(missed))}")
    assert set(routes()) - set(walked) - {"/login"} - NOT_IN_THE_DEMO == set()
