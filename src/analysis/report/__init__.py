"""Tables become displays, displays become pages, pages become a report.

In a notebook (every visible string is in ``words/en/<chapter>.toml``)::

    from analysis.report import charts, show

    show.table(frame, "customers.numbers")                 # texts: customers.numbers.title, .caption (optional), .columns.*
    show.cards([show.Card("revenue", 1_234_567.0, "money", previous=1_200_000.0, history=twelve_values)])   # texts: kpi.revenue.*
    show.sentence("customers.repeat", share=0.41)          # a paragraph
    show.note("warn", "customers.young", count=12)         # info, warn, stop, good
    show.verdict("warn", "ledger.verdict", reasons=[...])  # fit, warn, stop; becomes the chapter's status line
    show.missing(gap)                                      # anything with .table, .columns, .requirements
    show.parameters(month.params.rows())
    charts.line(frame, "customers.months", x="month", y="revenue", unit="money")   # texts: .title, .caption (needed), .x, .y

The first argument after the frame is the display's name, unique on its page. It is the key of its texts (unless
``words_key`` says otherwise), the id of its element and the name of its CSV. Column labels are ``<key>.columns.<column>``,
else the shared ``columns.<column>``. ``formats`` maps a column to a kind of `words.KINDS` (money, percent, days, date, ...)
or to ``level:<namespace>`` for labels of closed levels (``levels.<namespace>.<value>``).

Publishing calls `page.render_chapter`, `page.check_page`, `assembly.build_pages` and `index.build_index`.
Importing this package imports nothing heavy; matplotlib and nbconvert load when first used.
"""
