"""Whether a value keeps to the agreed format (format.json): as much of JSON Schema as that file uses, and no more."""

import json
import re
from pathlib import Path
from typing import Any

DEFS: dict[str, Any] = json.loads((Path(__file__).parent / "format.json").read_text("utf-8"))["$defs"]
KNOWN = {"type", "enum", "const", "pattern", "required", "properties", "additionalProperties", "items", "minItems",
         "oneOf", "$ref"}  # fmt: skip
TYPES: dict[str, Any] = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def holds_to(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value is valid under a schema."""
    assert schema.keys() <= KNOWN, schema.keys() - KNOWN
    if "$ref" in schema:
        return holds_to(DEFS[schema["$ref"].rpartition("/")[2]], value)
    if "oneOf" in schema and sum(holds_to(one, value) for one in schema["oneOf"]) != 1:
        return False
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_is(name, value) for name in names):
            return False
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        return False
    if "const" in schema and not _same(value, schema["const"]):
        return False
    if isinstance(value, str) and "pattern" in schema:  # as the phone's language reads it: ASCII digits, no line end
        return re.search(schema["pattern"].replace("$", r"\Z"), value, re.ASCII) is not None
    if isinstance(value, dict):
        return _object(schema, value)
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(holds_to(schema.get("items", {}), one) for one in value)
    return True


def _object(schema: dict[str, Any], value: dict[str, Any]) -> bool:
    known = schema.get("properties", {})
    if not all(name in value for name in schema.get("required", ())):
        return False
    if schema.get("additionalProperties") is False and not value.keys() <= known.keys():
        return False
    return all(holds_to(known[name], one) for name, one in value.items() if name in known)


def _is(name: str, value: Any) -> bool:
    if name == "integer":
        return isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    found: bool = isinstance(value, TYPES[name])
    return found


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
