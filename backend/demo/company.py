"""The company: its sales people beyond the cast, their positions, and the wards each of them works."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.core.folding import fold
from backend.demo import cast, names, places
from backend.demo.cast import PEOPLE, PLACES, Person, Place
from backend.demo.seeds import chance
from backend.geo.units import Unit

REGION_NAMES: Final = {2: "Nam", 4: "Bắc", 6: "Trung", 7: "Tây"}
# Tax offices by region: the first two digits of a tax code.
OFFICES: Final = {2: ("03", "36", "37"), 4: ("01", "02", "23"), 6: ("04", "42", "41"), 7: ("18", "11", "16")}


@dataclass(frozen=True, slots=True)
class Rep:
    """A sales person at work: whose customers are whose, and where they are."""

    user_id: UUID
    position: int
    region: int
    wards: list[Unit]


@dataclass(frozen=True, slots=True)
class Company:
    """Everybody, every position and every rep of the demo company."""

    people: tuple[Person, ...]
    places: tuple[Place, ...]
    reps: list[Rep]

    def manager_of(self, region: int) -> UUID:
        """Who holds a region."""
        return next(who.id for who in self.people if who.position == region)


def make_company(*, large: bool) -> Company:
    """The cast, two more regional managers, and 36 more reps (38 in the reference tenant, which has 40)."""
    draw = chance("people")
    people, spots = list(PEOPLE), list(PLACES)
    known = {who.login for who in people}
    reps = [
        Rep(PEOPLE[2].id, 3, 2, places.wards_of(places.LAN_DISTRICTS)),
        Rep(PEOPLE[4].id, 5, 4, places.wards_of(places.BOB_DISTRICTS)),
    ]

    def hire(role: str, position: int) -> Person:
        name, _ = names.person(draw)
        login = _login(name, known)
        who = Person(len(people) + 1, login, name, names.phone(draw), (role,), position)
        known.add(login)
        people.append(who)
        return who

    for region in (6, 7):
        hire("manager", region)
    for region, short in REGION_NAMES.items():
        first = 2 if region in (2, 4) else 1
        for number, wards in enumerate(places.territories(region, large=large), first):
            spot = Place(len(spots) + 1, region, "rep", f"Tuyến {short} {number:02d}")
            spots.append(spot)
            reps.append(Rep(hire("rep", spot.id).id, spot.id, region, wards))
    return Company(tuple(people), tuple(spots), reps)


def _login(name: str, known: set[str]) -> str:
    """Given name, then initials: Lê Thị Hồng -> hong.lt, with a number when somebody has it already."""
    words = fold(name).split()
    base = f"{words[-1]}.{''.join(word[0] for word in words[:-1])}"
    return next(login for login in (base, *(f"{base}{n}" for n in range(2, 100))) if login not in known)


async def store_company(company: Company) -> None:
    """Store everybody with positions, reporting lines and grants."""
    await cast.insert_people(company.people, company.places)
