"""The decisions that a run takes, as one value: the shipped functions, or a mutant with one of them replaced.

A mutant is a plausible mistake. The simulator is worth something only as long as it finds each of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from app.domain import arrivals, erasure, journal, protocol
from app.domain import merge as merging
from app.domain.journal import Accepted, Ack, Entry, Fork, Gap, Hashed, StreamName
from app.domain.merge import Record
from app.domain.protocol import Standing, Watermark

Merge: TypeAlias = Callable[[Iterable[Entry]], Record]


def epoch_after_restore(old: str, fresh: str) -> str:
    """Central takes a new epoch when it was put back to an older state (design 5.3)."""
    return fresh


def standing_after_page(standing: Standing, pushed_seq: int) -> Standing:
    """A 200 that verifies under no pinned key changes nothing (design 5.1): a sign-in page of a network says 200 too."""
    return standing


@dataclass(frozen=True)
class Rules:
    """Every decision that a mutant may get wrong. The defaults are what is shipped."""

    merge: Merge = merging.merge
    advance: Callable[[Record | None, Entry], Record | None] = merging.advance
    sort_arrivals: Callable[[Iterable[Entry], Mapping[str, arrivals.Held], Mapping[str, str]], arrivals.Intake] = (
        arrivals.sort_arrivals
    )
    accept: Callable[[StreamName, Mapping[int, bytes], int, int, bytes, Sequence[Hashed]], Accepted | Gap | Fork] = (
        journal.accept
    )
    after_ack: Callable[[Standing, Ack, str, str, bytes | None], Standing] = protocol.after_ack
    after_gap: Callable[[Standing, int], Standing] = protocol.after_gap
    after_epoch: Callable[[Standing], Standing] = protocol.after_epoch
    after_watermark: Callable[[Standing, Watermark, str, bytes | None], Standing] = protocol.after_watermark
    may_purge: Callable[[Standing, int], bool] = protocol.may_purge
    may_forget: Callable[[bool, Sequence[int], int], bool] = protocol.may_forget
    was_restored: Callable[[str, str, Sequence[protocol.Held], Mapping[tuple[str, int], bytes]], bool] = (
        protocol.was_restored
    )
    epoch_after_restore: Callable[[str, str], str] = epoch_after_restore
    standing_after_page: Callable[[Standing, int], Standing] = standing_after_page
    erases: Callable[[Entry, Entry], bool] = erasure.erases
    # How the exchange uses them. False is what a simpler protocol would do, and what was found to lose something.
    shows_where_it_stands: bool = True  # each exchange says, by chain value, how far streams and cursors are
    minds_cursors_ahead: bool = False  # without that: central sees at least a cursor that is beyond its feed
    offers_again_after_any_epoch: bool = True  # a silent restore may bring an old epoch back: its vouchers are old too
    acks_only_what_it_can_read: bool = True  # a link whose entry is not here is no reason to acknowledge or to purge
    keeps_vouchers_until_covered: bool = True  # an old voucher goes when one of the present epoch holds the same
    takes_vouchers_of_any_scope: bool = True  # who may read what is part of what was lost: the signature is enough
    erases_what_comes_late: bool = True  # an entry that comes after its erasure is kept without its body
    names_bare_links_apart: bool = (
        True  # hashes under the id of another entry would make `baqylau verify` fail for good
    )


def remembering(merge: Merge) -> Merge:
    """The same function, which does not merge the same entries twice: it is pure, and every node holds them."""
    known: dict[frozenset[tuple[bytes, bool]], Record] = {}

    def merged(entries: Iterable[Entry]) -> Record:
        held = list(entries)
        key = frozenset([(entry.header, entry.body is None) for entry in held])
        record = known.get(key)
        if record is None:
            record = known[key] = merge(held)
        return record

    return merged


def _merge_last_write(entries: Iterable[Entry]) -> Record:
    held = list(entries)
    record = merging.merge(held)
    by_id = {entry.entry_id: entry for entry in held}
    winners = {name: max(sides, key=lambda side: side.made_at_ms).entry_id for name, sides in record.conflicts.items()}
    won = {name: by_id[entry_id].fields()[name] for name, entry_id in winners.items()}
    return replace(record, fields={**record.fields, **won}, conflicts={})


def _purge_what_is_acked(standing: Standing, seq: int) -> bool:
    return 0 < seq <= standing.acked_seq


def _keep_standing(standing: Standing) -> Standing:
    return standing


def _believe_page(standing: Standing, pushed_seq: int) -> Standing:
    return replace(standing, acked_seq=max(standing.acked_seq, pushed_seq))


def _accept_fork(
    stream: StreamName,
    held: Mapping[int, bytes],
    last_seq: int,
    first_seq: int,
    previous: bytes,
    places: Sequence[Hashed],
) -> Accepted | Gap | Fork:
    verdict = journal.accept(stream, held, last_seq, first_seq, previous, places)
    if not isinstance(verdict, Fork):
        return verdict
    links = journal.chain_on(previous, first_seq, places)
    chain = links[-1].chain if links else previous
    return Accepted(tuple(link for link in links if link.seq > last_seq), first_seq + len(links) - 1, chain)


def _keep_watermark(standing: Standing) -> Standing:
    return Standing(0, standing.durable_seq)


def _believe_any_watermark(standing: Standing, mark: Watermark, epoch: str, own_chain: bytes | None) -> Standing:
    return replace(standing, durable_seq=max(standing.durable_seq, mark.seq))


def _believe_position(standing: Standing, ack: Ack, epoch: str, nonce: str, own_chain: bytes | None) -> Standing:
    return replace(standing, acked_seq=max(standing.acked_seq, ack.seq)) if own_chain is not None else standing


def _forget_what_was_read(is_under_old: bool, lasts: Sequence[int], durable: int) -> bool:
    return bool(lasts)


SHIPPED: Final = Rules()
MUTANTS: Final[Mapping[str, Rules]] = {
    "lww": Rules(merge=_merge_last_write),
    "purge-on-ack": Rules(may_purge=_purge_what_is_acked),
    "forget-on-voucher": Rules(may_forget=_forget_what_was_read),
    "no-epoch": Rules(after_epoch=_keep_standing, epoch_after_restore=lambda old, fresh: old),
    "any-200-is-ack": Rules(standing_after_page=_believe_page),
    "fork-as-duplicate": Rules(accept=_accept_fork),
    "watermark-without-epoch": Rules(after_epoch=_keep_watermark, after_watermark=_believe_any_watermark),
    "ack-by-position": Rules(after_ack=_believe_position),
    "silent-standing": Rules(shows_where_it_stands=False),
    "vouchers-dropped-early": Rules(keeps_vouchers_until_covered=False),
    "ahead-by-position": Rules(shows_where_it_stands=False, minds_cursors_ahead=True),
    "vouchers-by-epoch": Rules(offers_again_after_any_epoch=False),
    "bare-links-by-id": Rules(names_bare_links_apart=False),
    "vouchers-by-scope": Rules(takes_vouchers_of_any_scope=False),
    "erased-comes-late": Rules(erases_what_comes_late=False),
}
