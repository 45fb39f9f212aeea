"""Four words by chance, and the recovery card of a tablet, for who works at a keyboard without a browser."""

from pathlib import Path
from typing import Final

from app.commands.nodes import this_device
from app.commands.terminal import console, say
from app.config import load_settings
from app.domain.audit import RECOVERY_CARD_MADE
from app.errors import N_, NotEnrolled
from app.store import audit
from app.store.recovery import make_card
from app.store.word_lists import suggested
from app.web.amounts import in_groups

CARD_CODE: Final = N_(
    "The recovery card has this code. Write it down, put it into the safe of the office, never beside the tablet: %(code)s"
)


def suggest(language: str | None) -> None:
    """Prints four words in a language, or in that of the settings."""
    console.print(suggested(language or load_settings().language), markup=False)


def make_recovery_card(data: Path | None, passphrase_file: Path | None) -> None:
    """Prints the code of a new recovery card of this device; the one before opens nothing any more."""
    with this_device(data, passphrase_file) as node:
        if node.opened is None:
            raise NotEnrolled()
        code = make_card(Path(node.settings.data_dir), node.opened.database_key, node.settings.keystore)
        with node.database.write() as session:
            audit.note(session, node.opened.person_id, RECOVERY_CARD_MADE)
    console.print(say(CARD_CODE, code=in_groups(code)), markup=False, soft_wrap=True)
