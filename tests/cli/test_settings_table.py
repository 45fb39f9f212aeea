"""The README's table of settings is true."""

import re
from pathlib import Path

from app.config import Settings

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_readme_lists_every_setting_with_its_meaning() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \|[^|]*\| (.*) \|$", README.read_text(), re.M))
    told = {name.upper(): field.description for name, field in Settings.model_fields.items() if field.description}
    assert rows == told
