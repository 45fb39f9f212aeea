"""YAML for editors of checklists: `yes` and `no` are texts, a key that stands twice is noticed, each key has a line."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

# YAML 1.1 also reads yes, no, on and off as true and false, 12:30 as a number to base 60, and 010 as 8. Here the rules
# of YAML 1.2 hold, because cards have the keys `yes:` and `no:`; only a date stays a date.
CORE: Final = {
    "tag:yaml.org,2002:bool": (r"(?:true|True|TRUE|false|False|FALSE)", "tTfF"),
    "tag:yaml.org,2002:int": (r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    "tag:yaml.org,2002:float": (r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
}


class NotReadable(ValueError):
    """A file that is no YAML: the text says why, `line` where (from 1)."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


@dataclass
class Source:
    """A file as it was read. `twice`: keys that stand twice in one map, with their lines."""

    name: str
    text: str
    data: Any
    twice: list[tuple[str, int]]
    root: yaml.Node | None = None

    def line_of(self, loc: tuple[str | int, ...]) -> int:
        """The line (from 1) of the key or item that `loc` leads to, or of the last part of it that exists."""
        if self.root is None:  # only a file with a fault is read a second time
            self.root = yaml.compose(self.text, Loader=yaml.CSafeLoader)
        node, line = self.root, 0
        for part in loc:
            if isinstance(node, yaml.MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
                if found is None:
                    break
                line, node = found[0].start_mark.line, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line
            else:
                break
        return int(line) + 1


def read_source(path: Path, name: str) -> Source:
    """The file as plain data. Raises NotReadable; a file that cannot be opened raises OSError."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise NotReadable(1, f"the file is not UTF-8: byte {error.start}") from error
    loader = _Loader(text)
    try:
        return Source(name, text, loader.get_single_data(), loader.twice)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise NotReadable(line, f"this is not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise NotReadable(1, f"this is not YAML: {error}") from error
    finally:
        loader.dispose()


class _Loader(yaml.CSafeLoader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.twice: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The map; notes keys that stand twice, of which plain YAML keeps the last without a word."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                self.twice.append((str(key.value), key.start_mark.line + 1))
            seen.add(str(key.value))
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


def _use_core_rules() -> None:
    _Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in CORE]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }
    for tag, (pattern, first) in CORE.items():
        _Loader.add_implicit_resolver(tag, re.compile(f"^{pattern}$"), list(first))


_use_core_rules()
