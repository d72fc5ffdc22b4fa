"""Online geocoders the operator may switch on: what each is, what it allows, and how to ask it. All off by default.

`TUYEN_GEOCODERS` lists names in the order they are asked: `nominatim`, `photon`, `pelias` (a server of your own at
`TUYEN_GEOCODER_URL`), `google=KEY`, `here=KEY`. No public server is preset: their terms forbid bulk use, and an agent
with a contact (`TUYEN_GEOCODER_USER_AGENT`) must be the operator's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from geopy.adapters import AioHTTPAdapter
from geopy.geocoders import GoogleV3, HereV7, Nominatim, Pelias, Photon

from backend.core.settings import Settings, settings

HOUSE_M, STREET_M = 50.0, 500.0
_HOUSES = frozenset(
    (
        "house",
        "building",
        "shop",
        "amenity",
        "office",
        "premise",
        "subpremise",
        "street_address",
        "houseNumber",
        "venue",
    )
)
_STREETS = frozenset(("road", "street", "highway", "route", "intersection"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider found: degrees WGS 84, `what` house, street or area, its own wording, ISO country."""

    lat: float
    lon: float
    what: str
    text: str
    country: str

    @property
    def precision_m(self) -> float:
        return HOUSE_M if self.what == "house" else STREET_M


@dataclass(frozen=True, slots=True)
class Provider:
    """One geocoder with its manners: rate, quota, patience, and what may be kept for how long."""

    name: str
    open: Callable[[], Any]
    ask: Callable[[Any, str, float], Any]
    per_second: float = 1.0
    burst: float = 1.0
    per_day: int = 2000
    timeout_s: float = 10.0
    may_store: bool = True
    max_age_days: int = 180
    attribution: str = ""
    sends_data_to: str = ""


class Misconfigured(ValueError):
    """A geocoder is named in the settings but lacks its server, key or agent."""


class NoRedirects(AioHTTPAdapter):  # type: ignore[misc]  # geopy has no types
    """geopy's adapter, but a redirect is not followed: a geocoder must not send us to another host."""

    def _request(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        import yarl

        return self.session.get(
            yarl.URL(url, encoded=True), timeout=_timeout(timeout), headers=headers, ssl=self.ssl_context,
            allow_redirects=False,
        )  # fmt: skip


def _timeout(seconds: float) -> Any:
    import aiohttp

    return aiohttp.ClientTimeout(total=seconds)


def configured(chosen: Settings | None = None) -> list[Provider]:
    """The providers the settings name, in order; `Misconfigured` says what is missing."""
    chosen = chosen or settings()
    names = [name.strip() for name in chosen.geocoders.split(",") if name.strip()]
    return [_make(*name.partition("=")[::2], chosen) for name in names]


def _make(name: str, key: str, chosen: Settings) -> Provider:
    agent = chosen.geocoder_user_agent
    if not agent:
        raise Misconfigured("set TUYEN_GEOCODER_USER_AGENT: who asks, with a contact")
    common: dict[str, Any] = {"user_agent": agent, "adapter_factory": NoRedirects}
    if name in ("nominatim", "photon", "pelias"):
        url = urlsplit(chosen.geocoder_url)
        if url.scheme not in ("http", "https") or not url.netloc:
            raise Misconfigured(f"{name}: set TUYEN_GEOCODER_URL to your own server")
        return _own(name, key, url.scheme, url.netloc + url.path.rstrip("/"), common)
    if name in ("google", "here"):
        if not key:
            raise Misconfigured(f"{name}: write {name}=KEY")
        return _commercial(name, key, common)
    raise Misconfigured(f"no geocoder is called {name}")


def _own(name: str, key: str, scheme: str, domain: str, common: dict[str, Any]) -> Provider:
    """A server of the operator's: OpenStreetMap data may be kept, with its attribution."""
    kept: dict[str, Any] = {"attribution": "© OpenStreetMap contributors (ODbL)", "sends_data_to": domain}
    rate: dict[str, Any] = {"per_second": 5.0, "burst": 5.0, "per_day": 200_000}
    if name == "nominatim":
        return Provider(name, lambda: Nominatim(domain=domain, scheme=scheme, **common), _ask_nominatim, **rate, **kept)
    if name == "photon":
        return Provider(name, lambda: Photon(domain=domain, scheme=scheme, **common), _ask_photon, **rate, **kept)
    return Provider(name, lambda: Pelias(domain, key or None, scheme=scheme, **common), _ask_pelias, **rate, **kept)


def _commercial(name: str, key: str, common: dict[str, Any]) -> Provider:
    """A paid service: coordinates may be kept for 30 days at most."""
    if name == "google":
        return Provider(
            name, lambda: GoogleV3(api_key=key, **common), _ask_google, 10.0, 10.0, 2500, max_age_days=30,
            attribution="Google", sends_data_to="maps.googleapis.com",
        )  # fmt: skip
    return Provider(
        name, lambda: HereV7(key, **common), _ask_here, 5.0, 5.0, 1000, max_age_days=30, attribution="HERE",
        sends_data_to="search.hereapi.com",
    )  # fmt: skip


def kind_of(*words: str | None) -> str:
    """house, street or area from a provider's own words for it."""
    if any(word in _HOUSES for word in words):
        return "house"
    return "street" if any(word in _STREETS for word in words) else "area"


async def _ask_nominatim(geocoder: Any, text: str, seconds: float) -> Answer | None:
    found = await geocoder.geocode(text, timeout=seconds, addressdetails=True, country_codes="vn", language="vi")
    if found is None:
        return None
    raw = found.raw
    address = raw.get("address", {})
    what = kind_of(
        raw.get("addresstype"), raw.get("category"), raw.get("class"), "house" if "house_number" in address else None
    )
    return Answer(
        found.latitude, found.longitude, what, str(found.address), str(address.get("country_code", "")).upper()
    )


async def _ask_photon(geocoder: Any, text: str, seconds: float) -> Answer | None:
    found = await geocoder.geocode(text, timeout=seconds)
    return None if found is None else _of_feature(found, "countrycode", "type", "osm_key")


async def _ask_pelias(geocoder: Any, text: str, seconds: float) -> Answer | None:
    found = await geocoder.geocode(text, timeout=seconds, countries=["VNM"])
    return None if found is None else _of_feature(found, "country_code", "layer", "layer")


def _of_feature(found: Any, country: str, *kinds: str) -> Answer:
    properties = found.raw.get("properties", {})
    what = kind_of(*(str(properties.get(kind)) for kind in kinds))
    return Answer(found.latitude, found.longitude, what, str(found.address), str(properties.get(country, "")).upper())


async def _ask_google(geocoder: Any, text: str, seconds: float) -> Answer | None:
    found = await geocoder.geocode(text, timeout=seconds, region="vn", components={"country": "VN"}, language="vi")
    if found is None:
        return None
    parts = found.raw.get("address_components", [])
    country = next((part["short_name"] for part in parts if "country" in part.get("types", [])), "")
    return Answer(found.latitude, found.longitude, kind_of(*found.raw.get("types", [])), str(found.address), country)


async def _ask_here(geocoder: Any, text: str, seconds: float) -> Answer | None:
    found = await geocoder.geocode(text, timeout=seconds, countries=["VNM"], language="vi-VN")
    if found is None:
        return None
    country = "VN" if found.raw.get("address", {}).get("countryCode") == "VNM" else ""
    return Answer(found.latitude, found.longitude, kind_of(found.raw.get("resultType")), str(found.address), country)
