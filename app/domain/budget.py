"""How much a tablet may send: words always, pictures only within the day's budget and while they are not paused. Pure."""

from dataclasses import dataclass
from typing import Final

MEGABYTE: Final = 1_000_000
CHOICES_MB: Final = (0, 5, 20, 50, 200)  # 0: no limit


@dataclass(frozen=True)
class Budget:
    """What people set on the sync page, and what this day has taken so far, in bytes."""

    day_mb: int = 0  # 0: no limit
    spent_bytes: int = 0
    is_paused: bool = False  # pictures wait; entries and alerts never do

    def may_send_picture(self, size: int) -> bool:
        """True when a picture of `size` bytes may go now. The day's first always may: else a large one never would."""
        if self.is_paused:
            return False
        return not self.day_mb or not self.spent_bytes or self.spent_bytes + size <= self.day_mb * MEGABYTE
