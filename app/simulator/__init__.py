"""Several tablets and one office in memory, on a simulated disk, clock and network; see `docs/reliability.md`.

What decides is the shipped code of `app/domain/`: journal, protocol, merge and arrivals. Chance comes from one seed.
"""
