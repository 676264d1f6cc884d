"""Protocol buffers' text format, read without the schema: blocks, fields and values, each with its line.

Google's own parser needs a message's generated classes, and the Object Detection API's are in no package that is
kept up. Only its tokenizer serves here, `google.protobuf.text_format.Tokenizer`: public, and the same in protobuf
3.20.3, 4.25, 5.29, 6.33 and 7.36. What is read: protobuf.dev/reference/protobuf/textformat-spec. What a value means
(a number, a flag, the name of an enumeration) is for the caller to say, who knows the field.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator

from google.protobuf import text_format

from coralline.foundation.errors import UserError

_DEEPEST = 100  # protobuf's own limit of nesting
_KINDS = {
    kind: re.compile(pattern, re.ASCII)
    for kind, pattern in {
        "string": r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""",
        "number": r"-?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fF]?|inf|infinity|nan)",
        "word": r"[A-Za-z_]\w*",
        "sign": r"[-{}<>:,;./\[\]]",
        "end": "",
    }.items()
}
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
_ESCAPED = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_CLOSING = {"{": "}", "<": ">"}
_TYPOGRAPHIC = "“”„‟‘’‚«»"
_FIX = "correct that line: `field: value`, or `field { ... }`"


@dataclasses.dataclass(frozen=True)
class ScalarField:
    """A value as it's written: the content of a string, or a number or a word (`-1e-3`, `true`, `RELU_6`)."""

    text: str
    line: int
    is_string: bool = False

    def number(self) -> float | None:
        """As a finite number; None if it isn't one."""
        if self.is_string:
            return None
        try:
            whole = self.whole()
            number = float(self.text.rstrip("fF") if whole is None else whole)
        except (ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None

    def whole(self) -> int | None:
        """As a whole number (decimal, octal or hexadecimal); None if it isn't one."""
        text, sign = self.text.removeprefix("-"), -1 if self.text.startswith("-") else 1
        if self.is_string or not text[:1].isdigit():
            return None
        octal = len(text) > 1 and text[0] == "0" and text.isdigit()
        try:
            return sign * (int(text, 8) if octal else int(text, 0))
        except ValueError:
            return None

    def flag(self) -> bool | None:
        """As true or false; None if it's neither."""
        if self.is_string:
            return None
        return {"true": True, "True": True, "t": True, "1": True}.get(
            self.text, {"false": False, "False": False, "f": False, "0": False}.get(self.text)
        )

    def written(self) -> str:
        """Nearly as in the file."""
        return f'"{self.text}"' if self.is_string else self.text


@dataclasses.dataclass(frozen=True)
class Field:
    """A field with one value; one with a list of values is several fields, as protobuf has it.

    `name` of an extension is in brackets: `[package.name]`.
    """

    name: str
    value: ScalarField | Message
    line: int


@dataclasses.dataclass(frozen=True)
class Message:
    """Fields in the order of the file; `line` is the line of the block's opening."""

    fields: tuple[Field, ...]
    line: int


def parse_text_proto(text: str, path: str) -> Message:
    """The whole text as one message.

    Args:
      text: the content of a file.
      path: where it's from, for the messages.

    Raises:
      UserError: it isn't text format; with the line.
    """
    return _Parser(text, path).whole()


@dataclasses.dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int


class _Parser:
    def __init__(self, text: str, path: str):
        self._path, self._lines = path, text.split("\n")
        self._tokenizer = text_format.Tokenizer(self._lines)
        self._token = self._read()

    def whole(self) -> Message:
        fields = list(self._fields("", 0, 1))
        return Message(tuple(fields), 1)

    def _fields(self, closing: str, depth: int, line: int, name: str = "") -> Iterator[Field]:
        while (self._token.kind, self._token.text) != ("sign" if closing else "end", closing):
            if self._token.kind == "end":
                raise self._error(
                    f"`{name}` isn't closed", line, f"`{closing}` after its fields", "the end of the file"
                )
            yield from self._field(depth)
        self._advance()

    def _field(self, depth: int) -> Iterator[Field]:
        name = self._name()
        if name.kind != "word":
            raise self._error("there is no field here", name.line, "the name of a field", name.text)
        colon = self._skip(":")
        if not colon and self._token.text not in ("{", "<", "["):
            raise self._error(f"`{name.text}` has no value", name.line, f"`{name.text}: ...`", self._token.text)
        if self._skip("["):
            for value in self._list(name, depth):
                yield Field(name.text, value, value.line)
        else:
            value = self._value(name, depth)
            yield Field(name.text, value, name.line)
        if not self._skip(","):
            self._skip(";")

    def _name(self) -> _Token:
        """A field's name; an extension's is in brackets and has several tokens."""
        token = self._advance()
        if token.text != "[":
            return token
        parts = []
        while self._token.text in (".", "/") or self._token.kind == "word":
            parts.append(self._advance().text)
        if not parts or not self._skip("]"):
            return token
        return _Token("word", f"[{''.join(parts)}]", token.line)

    def _list(self, name: _Token, depth: int) -> Iterator[ScalarField | Message]:
        if self._skip("]"):
            return
        while True:
            yield self._value(name, depth)
            if self._skip("]"):
                return
            if not self._skip(","):
                raise self._error(f"the list `{name.text}` isn't closed", name.line, "`,` or `]`", self._token.text)

    def _value(self, name: _Token, depth: int) -> ScalarField | Message:
        token = self._advance()
        if token.kind == "sign" and token.text in _CLOSING:
            if depth >= _DEEPEST:
                raise self._error("blocks are nested too deeply", token.line, f"at most {_DEEPEST}", name.text)
            fields = self._fields(_CLOSING[token.text], depth + 1, name.line, name.text)
            return Message(tuple(fields), token.line)
        if token.kind == "string":
            parts = [token]
            while self._token.kind == "string":
                parts.append(self._advance())
            content = b"".join(_unescaped(part, self._path) for part in parts)
            return ScalarField(content.decode("utf-8", errors="replace"), token.line, is_string=True)
        sign = token.text == "-"
        if sign:
            token = self._advance()
        if (token.kind == "number" and not (sign and token.text[0] == "-")) or (token.kind == "word" and not sign):
            return ScalarField("-" * sign + token.text, token.line)
        raise self._error(f"`{name.text}` has no value", name.line, "a number, a word, a string or a block", token.text)

    def _advance(self) -> _Token:
        token = self._token
        if token.kind != "end":
            self._tokenizer.NextToken()
            self._token = self._read()
        return token

    def _read(self) -> _Token:
        text, place = self._tokenizer.token, self._tokenizer.ParseError("")
        kind = next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(text)), None)
        if kind is None:
            rest = self._lines[place.GetLine() - 1][place.GetColumn() - 1 :]
            raise _unreadable(rest[:20], self._path, place.GetLine())
        return _Token(kind, text, place.GetLine())

    def _skip(self, sign: str) -> bool:
        found = self._token.kind == "sign" and self._token.text == sign
        if found:
            self._advance()
        return found

    def _error(self, what: str, line: int, expected: str, found: str) -> UserError:
        return UserError(what, file=self._path, line=line, expected=expected, found=found or "nothing", fix=_FIX)


def _unreadable(rest: str, path: str, line: int) -> UserError:
    fix = _FIX
    if rest[0] in _TYPOGRAPHIC:
        fix = f"""write " for {rest[0]}: a word processor or a web page has made it typographic"""
    elif rest[0] in "\"'":
        fix = "close the string on its line"
    return UserError(
        "this isn't text format of protocol buffers",
        file=path,
        line=line,
        expected="fields such as `name: value` or `name { ... }`",
        found=ascii(rest)[1:-1] if not rest.isprintable() else rest,
        fix=fix,
    )


def _unescaped(token: _Token, path: str) -> bytes:
    """The bytes of a string; octal and hexadecimal escapes are bytes of UTF-8, as protobuf's printer writes them."""
    text, out, position = token.text[1:-1], b"", 0
    for match in _ESCAPE.finditer(text):
        out += text[position : match.start()].encode() + _escaped_bytes(match, token, path)
        position = match.end()
    return out + text[position:].encode()


def _escaped_bytes(match: re.Match[str], token: _Token, path: str) -> bytes:
    octal, hexadecimal, short, long, char = match.groups()
    if octal or hexadecimal:
        return bytes([int(octal, 8) & 0xFF if octal else int(hexadecimal, 16)])
    code = int(short or long, 16) if short or long else None
    if code is not None and code < 0x110000 and not 0xD800 <= code < 0xE000:
        return chr(code).encode()
    if char in _ESCAPED:
        return _ESCAPED[char].encode()
    raise UserError(
        "a string holds an escape that there isn't",
        file=path,
        line=token.line,
        expected="`\\\\` for a backslash",
        found=match[0],
        fix="write / or \\\\ between the parts of a path",
    )
