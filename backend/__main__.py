"""The command line: `tuyen demo | serve | worker | migrate | user | doctor` and the filters."""

import argparse
import asyncio
import sys

from backend import commands


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tuyen", description="Field sales that keeps working where the signal does not."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for name, about in (
        ("demo", "serve a generated demo company"),
        ("serve", "serve the company in the data folder or in DATABASE_URL"),
        ("worker", "do background jobs only"),
        ("migrate", "bring the database up to date"),
        ("doctor", "recompute every counter and invariant; fails on any drift"),
    ):
        verb = verbs.add_parser(name, help=about)
        verb.add_argument("--data-dir", help="where the embedded database and the files lie (default: data)")
        if name in ("demo", "serve"):
            verb.add_argument("--port", type=int, default=8000)
            verb.add_argument("--host", default="127.0.0.1")
            verb.add_argument("--workers", type=int, default=1)
        if name == "demo":
            verb.add_argument(
                "--fresh", action="store_true", help="forget the demo company there was and make a new one"
            )
            verb.add_argument("--scale", choices=("demo", "R1"), default="demo", help="R1 is the reference tenant")
    user = verbs.add_parser("user", help="create a user who can log in")
    user.add_argument("login")
    user.add_argument("name")
    user.add_argument("--role", action="append", required=True)
    user.add_argument("--data-dir")
    price = verbs.add_parser("price", help="filter: price orders, JSON lines in and out")
    price.add_argument("--engine", choices=("server", "phone"), default="server")
    verbs.add_parser("convert", help="filter: convert quantities between units")
    parse = verbs.add_parser("parse-address", help="filter: Vietnamese addresses to administrative units")
    parse.add_argument("--engine", choices=("server", "phone"), default="server")
    verbs.add_parser("locate", help="filter: points to regions")
    return parser


def main() -> None:
    """Run one command; its exit code is the process's."""
    asked = _parser().parse_args()
    command = commands.COMMANDS[asked.verb]
    outcome = command(asked)
    sys.exit(asyncio.run(outcome) if asyncio.iscoroutine(outcome) else outcome)


if __name__ == "__main__":
    main()
