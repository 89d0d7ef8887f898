"""The machinery behind ``make report``: what must run, running it in parallel, and publishing the whole or nothing.

Modules, from the bottom up: `errors`, `project` (folders and sources), `graph` (notebooks and their order), `notebook`
(an ``.ipynb`` as plain data), `hashes`, `records`, `jobs`, `keys` (what was made from what), `lock`, `tools` (the other packages,
by name), `progress`; `parent`, `preload`, `kernel`, `execute` (one notebook in its own processes), `pool` (processes);
`prepare` (raw files to clean ledger), `plan` (what of a month is fresh), `swap`, `publish` (pages, manifest), `months`
(is there anything to do?), `running` (doing it); `explain`, `verify`, `tidy`.

What decides that nothing is to be done imports only the standard library: it must be said in a fraction of a second.
"""
