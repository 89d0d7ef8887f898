"""The machinery behind ``make report``: what must run, running it in parallel, and publishing the whole or nothing.

Modules, from the bottom up: `errors`, `project` (folders and sources), `graph` (notebooks and their order), `notebook`
(an ``.ipynb`` as plain data), `hashes`, `records` and `keys` (what was made from what), `lock`, `progress`; `preload`,
`kernel` and `execute` (one notebook in its own processes), `pool` (processes), `prepare` (raw files to clean ledger),
`publish` (pages, manifest, the swap), `months` (the run), `explain`, `verify`.

What decides that nothing is to be done imports only the standard library: it must be said in a fraction of a second.
"""
