"""The command ``texts``: every sentence that the product can show, with its place, to judge the words whole.

Python sources are parsed; templates and help pages are read as text. What only machines or engineers read is
left out by rule: docstrings, keys, names, patterns, log lines, SQL, style sheets.
"""

from __future__ import annotations

import ast
import html
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCES = ("api", "cockpit.py", "launcher", "ui")
HOLE = "{…}"
"""What stands for a value that is known only when the code runs."""


@dataclass(frozen=True)
class Sentence:
    """A text for a reader, and the line where its code begins."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


# What these functions receive is for a machine, or for an engineer who reads English.
_UNREAD_CALLS = re.compile(
    r"(_?log(ger)?|re|sa)\.\w+|text|sql|open|template|getattr|setattr|hasattr|Literal|TypeVar|cast"
    r"|(.*\.)?(execute|exec_driver_sql|getLogger|strftime|strptime|startswith|endswith|removeprefix"
    r"|removesuffix|get_template|encode|decode)"
    r"|(Value|Type|Runtime|Key|Lookup|Assertion|Attribute|NotImplemented|Permission)Error"
)
_UNREAD_ARGUMENTS = re.compile(
    r"accept|alias|css_classes|dash|dtype|encoding|family|fillcolor|format|icon|key|media_type|mime|mode|op"
    r"|operation_id|path|pattern|postgresql_where|prefix|server_default|sqlite_where|symbol|tags|type|url_path"
    r"|validation_alias|width"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_LABEL = re.compile(r"[A-ZÀÉÈÊÎÔ][a-zàâçéèêëîïôûùœ]+\.?|.*[àâçéèêëîïôûùœ’].*", re.DOTALL)
_CODE = re.compile(
    r"\s*("
    r"[\w.\-/:;=,+%#@&?*$^|\\~(){}\[\]<>…'\"]*"  # no space: a name, a path, a pattern, an address
    r"|(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|BEGIN|WITH|VACUUM|ANALYZE|SET|LOCK|ON|REPEATABLE)"
    r"\b.*[A-Z].*"
    r"|.*(\(\?|\(\.\+|\\[dws]\{|; ?\w+=|rgba\(|=\(\)).*"  # a pattern, a header, a colour, a policy
    r"|<(svg|path|style|script|!DOCTYPE|html|table|g|rect|line|i|a)\b.*"
    r"|(\w*([a-z][A-Z]|_)\w*\s*){2,}.*"  # a list of names
    r"|[a-z-]+(-src|-ancestors|-uri|-action) .*"
    r"|#\w+!"  # an error in a spreadsheet's cell
    r")",
    re.DOTALL,
)
_INLINE = re.compile(r"</?(b|strong|em|i|span|small|a|abbr|code|sup|sub|br|wbr)\b[^>]*>")
_READ_ATTRIBUTES = re.compile(r"\b(?:alt|title|aria-label)=\"([^\"]*)\"")


def sentences(root: Path) -> list[Sentence]:
    """Return what the product below ``root`` can show, by file and line."""
    return [sentence for path in _files(root) for sentence in _in_file(root, path)]


def of_source(source: str) -> list[tuple[int, str]]:
    """Return line and text of what a Python source can show."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    reader = _Reader()
    reader.visit(tree)
    return sorted(reader.texts)


def of_template(source: str) -> list[tuple[int, str]]:
    """Return line and text of what a Jinja template of HTML can show."""
    kept = _blanked(r"\{#.*?#\}|<(style|script)\b.*?</\1>|<!--.*?-->|\{%.*?%\}", source)
    kept = re.sub(r"\{\{.*?\}\}", lambda m: HOLE + "\n" * m[0].count("\n"), kept, flags=re.DOTALL)
    texts = [
        (kept.count("\n", 0, tag.start()) + 1, value)
        for tag in re.finditer(r"<[^>]*>", kept)
        for value in _READ_ATTRIBUTES.findall(tag[0])
    ]
    line = 1
    for block in re.split(r"(<[^>]*>)", _INLINE.sub("", kept)):
        if not block.startswith("<"):
            texts.append((line + block[: len(block) - len(block.lstrip())].count("\n"), block))
        line += block.count("\n")
    return sorted((line, _tidy(html.unescape(text))) for line, text in texts if _is_read(text))


def of_markdown(source: str) -> list[tuple[int, str]]:
    """Return line and text of the paragraphs, items and rows of a page of Markdown."""
    return [
        (line, _tidy(text)) for line, text in enumerate(source.splitlines(), 1) if _is_read(text.strip("|- "))
    ]


class _Reader(ast.NodeVisitor):
    """A visitor that collects what a module can show."""

    def __init__(self) -> None:
        self.texts: list[tuple[int, str]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        # The documentation of the API shows the docstrings of its routes.
        above = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
        in_documentation = above.startswith("router.") and "include_in_schema=False" not in above
        if in_documentation and (text := ast.get_docstring(node)):
            self._keep(node.body[0].lineno, text)
        self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._keep(node.lineno, node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._keep(node.lineno, _written(node))
        self._inside(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        text = _written(node)
        if isinstance(node.op, ast.Add) and text.replace(HOLE, ""):
            self._keep(node.lineno, text)
            self._inside(node)
        else:
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if _UNREAD_CALLS.fullmatch(ast.unparse(node.func)):
            return
        self.visit(node.func)
        for value in node.args:
            self.visit(value)
        for keyword in node.keywords:
            if keyword.arg is None or not _UNREAD_ARGUMENTS.fullmatch(keyword.arg):
                self.visit(keyword.value)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not (isinstance(node.value, ast.Constant) and node.attr == "split"):  # a list of names
            self.visit(node.value)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None and not (isinstance(key, ast.Constant) and _CODE.fullmatch(str(key.value))):
                self.visit(key)
            self.visit(value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        if not isinstance(node.slice, ast.Constant):
            self.visit(node.slice)

    def visit_Compare(self, node: ast.Compare) -> None:
        for part in (node.left, *node.comparators):
            if not isinstance(part, ast.Constant):
                self.visit(part)

    def visit_Assert(self, node: ast.Assert) -> None:
        self.visit(node.test)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._annotation(node.annotation)
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        self._annotation(node.annotation)

    def _annotation(self, node: ast.expr | None) -> None:
        """Read the descriptions in a type: ``Annotated[str, Query(description="…")]``."""
        for part in ast.walk(node) if node else ():
            if isinstance(part, ast.Call):
                self.visit(part)

    def _inside(self, node: ast.AST) -> None:
        """Visit what a text is made of, without its own pieces."""
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.Constant() | ast.operator():
                    pass
                case ast.FormattedValue():
                    self.visit(child.value)
                case ast.JoinedStr() | ast.BinOp(op=ast.Add()):
                    self._inside(child)
                case _:
                    self.visit(child)

    def _keep(self, line: int, text: str) -> None:
        if _is_read(text):
            self.texts.append((line, _tidy(text)))


def _written(node: ast.AST) -> str:
    """Return the text of an expression, with holes for what is not constant."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_written(part) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _written(left) + _written(right)
        case _:
            return HOLE


def _is_read(text: str) -> bool:
    bare = text.replace(HOLE, "").strip()
    return bool(_WORD.search(bare)) and bool(_LABEL.fullmatch(bare) or not _CODE.fullmatch(bare))


def _tidy(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text).strip("\n")


def _blanked(pattern: str, text: str) -> str:
    return re.sub(pattern, lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL)


def _files(root: Path) -> Iterable[Path]:
    for name in SOURCES:
        start = root / name
        yield from [start] if start.is_file() else sorted(path for path in start.rglob("*") if _is_text(path))


def _is_text(path: Path) -> bool:
    aside = {"__pycache__", "migrations", "static"} & set(path.parts)  # migrations are history
    return path.suffix in {".html", ".md", ".py"} and not aside


def _in_file(root: Path, path: Path) -> Iterator[Sentence]:
    readers = {".py": of_source, ".html": of_template, ".md": of_markdown}
    for line, text in readers[path.suffix](path.read_text(encoding="utf-8")):
        yield Sentence(path.relative_to(root).as_posix(), line, text)
