"""The benchmark table: what was measured, against which limit, and where floor and aim lie."""

from typing import NamedTuple


class Row(NamedTuple):
    """One figure. `value` and the bounds are ready text: ratios, KB, ms with their unit."""

    room: str
    what: str
    value: str
    floor: str
    aim: str


def show(rows: list[Row]) -> None:
    """Print the rows as a Markdown table, columns aligned."""
    lines = [Row("room", "what", "measured", "floor", "aim"), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    for number, line in enumerate(lines):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
