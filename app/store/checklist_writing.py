"""New files of the checklist library. What is there is never overwritten; a file is written whole or not at all."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from app.domain.checklist import Checklist, Indicator
from app.errors_of_files import WouldOverwrite


def new_files(checklist: Checklist, indicators: tuple[Indicator, ...]) -> dict[str, str]:
    """The text of each file, by its name below the checklist folder: the version, and its indicators by letter."""
    stem = f"{checklist.id}-{checklist.version}"
    files = {f"institutions/{stem}.yaml": yaml_text(_values(checklist))}
    for letter in sorted({one.id[0] for one in indicators}):
        items = [_values(one) for one in indicators if one.id[0] == letter]
        files[f"indicators/{letter}-{stem}.yaml"] = yaml_text({"indicators": items})
    return files


def write_new(folder: Path, files: Mapping[str, str]) -> None:
    """Writes all files below `folder`, or none. Raises WouldOverwrite for a name that is taken."""
    for name in files:
        if (folder / name).exists():
            raise WouldOverwrite(path=str(folder / name))
    written: list[Path] = []
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            written.append(_put(path, text))
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise


def yaml_text(values: Mapping[str, Any]) -> str:
    """The file's text: readable by people, and read back to the same values."""
    return yaml.dump(values, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1_000_000)


def _put(path: Path, text: str) -> Path:
    """Beside first, then by its name: nobody reads half a file. The link fails where the name is taken meanwhile."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.link(beside, path)
    except FileExistsError as error:
        raise WouldOverwrite(path=str(path)) from error
    finally:
        beside.unlink(missing_ok=True)
    return path


def _values(item: Checklist | Indicator) -> Any:
    return _plain(item.model_dump(mode="json", by_alias=True, exclude_defaults=True))


def _plain(value: Any) -> Any:
    """3 for 3.0; a text under a key of a language is marked as such, for the quotes of the house."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value == int(value) else value


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists stand two signs further in, as in the files that people wrote."""
        super().increase_indent(flow, False)


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Sentences in double quotes; ids and codes bare, unless they would be read as something else."""
    is_code = text.isascii() and all(sign.isalnum() or sign in "._-" for sign in text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_code else '"')


_Dumper.add_representer(str, _quoted)
