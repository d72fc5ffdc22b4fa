"""Small changes to Python source, one at a time: what a test that proves a rule must notice. Used by `proving.py`."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# What stands for what. A comparison moves its edge, and turns round.
OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,), ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,), ast.Mod: (ast.Mult,), ast.Pow: (ast.Mult,), ast.And: (ast.Or,), ast.Or: (ast.And,),
}  # fmt: skip
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
DROPPED = ("sorted", "reversed", "abs", "int", "bool")
UNTOUCHED = ("annotation", "returns", "decorator_list", "bases")  # what the program does is not said there


@dataclass(slots=True)
class Mutant:
    """A node in its place, and what stands there instead."""

    module: str
    holder: ast.AST
    field: str
    place: int | None
    was: ast.AST
    becomes: ast.AST

    @property
    def line(self) -> int:
        """Of the source; an operator has the line of its expression."""
        return int(getattr(self.was, "lineno", 0) or getattr(self.holder, "lineno", 0))

    def put(self, node: ast.AST) -> None:
        """Set a node in the mutant's place."""
        if self.place is None:
            setattr(self.holder, self.field, node)
        else:
            getattr(self.holder, self.field)[self.place] = node


def mutants(module: str, tree: ast.Module) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its nodes; the tree is as it was."""
    for holder in ast.walk(tree):
        for field, value in ast.iter_fields(holder):
            if field in UNTOUCHED:
                for node in value if isinstance(value, list) else [value]:
                    _cut_off(node)
                continue
            for place, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(node, ast.AST) and not hasattr(node, "cut_off"):
                    for becomes in _instead(holder, field, node):
                        yield Mutant(module, holder, field, place, node, becomes)


def _cut_off(node: Any) -> None:
    if isinstance(node, ast.AST):
        for inner in ast.walk(node):
            inner.cut_off = True  # type: ignore[attr-defined]


def _instead(holder: ast.AST, field: str, node: ast.AST) -> Iterator[ast.AST]:
    yield from (operator() for operator in OPERATORS.get(type(node), ()))
    if field in ("test", "ifs"):
        yield from (ast.Constant(True), ast.Constant(False))
    match node:
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=inner):
            yield inner
        case ast.Constant(value=bool(flag)):
            yield ast.Constant(not flag)
        case ast.Constant(value=int(number)):
            yield ast.Constant(number + 1)
        case ast.Constant(value=str(text)) if not isinstance(holder, ast.Expr):
            yield ast.Constant("" if text else "+")
        case ast.Call(func=ast.Name(id=name) as called) if name in CALLS:
            yield ast.Call(ast.Name(CALLS[called.id], ast.Load()), node.args, node.keywords)
        case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in DROPPED:
            yield first
        case ast.Expr(value=ast.Constant()):
            return  # a docstring
        case ast.Expr() | ast.Continue() | ast.Break() | ast.AugAssign():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()


class Noting(ast.NodeTransformer):
    """Notes each condition and each function as it is come by: `_note(id, value)`."""

    def __init__(self, module: str, points: list[dict[str, Any]]) -> None:
        self.module, self.points = module, points
        self.texts: dict[ast.AST, str] = {}

    def _noted(self, node: ast.expr, kind: str = "both") -> ast.expr:
        place = self._point(node, self.texts[node], kind)
        return ast.Call(ast.Name("_note", ast.Load()), [ast.Constant(place), node], [])

    def _point(self, node: ast.AST, text: str, kind: str) -> int:
        line = getattr(node, "lineno", 0)
        self.points.append({"name": self.module, "line": line, "text": text, "kind": kind})
        return len(self.points) - 1

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Below first, so that what is noted is the whole condition."""
        if isinstance(node, ast.expr):
            self.texts[node] = ast.unparse(node)
        super().generic_visit(node)
        match node:
            case ast.If() | ast.While() | ast.IfExp():
                node.test = self._noted(node.test)
            case ast.comprehension():
                node.ifs = [self._noted(one) for one in node.ifs]
            case ast.BoolOp():
                node.values[:-1] = [self._noted(one) for one in node.values[:-1]]
            case ast.Lambda():
                node.body = self._noted(node.body, "run")
            case ast.FunctionDef() | ast.ExceptHandler():
                call = ast.Call(
                    ast.Name("_note", ast.Load()), [ast.Constant(self._point(node, _name(node), "run"))], []
                )
                node.body.insert(0, ast.Expr(call))
        return node


def _name(node: ast.FunctionDef | ast.ExceptHandler) -> str:
    return f"{node.name}()" if isinstance(node, ast.FunctionDef) else "except"
