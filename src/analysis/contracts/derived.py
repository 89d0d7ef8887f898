"""The tables that a period produces, and the records of cleaning."""

from analysis.contracts.tables import Column, Table


def _count(name: str) -> Column:
    return Column(name, "integer", True, low=0)


def _share(name: str, required: bool = True) -> Column:
    return Column(name, "number", required, low=0, high=1, unit="probability")


def _value(name: str, required: bool = True, low: float | None = None) -> Column:
    return Column(name, "number", required, low=low, unit="source currency")


_ID = Column("customer_id", "id", True)

_TABLES = (
    Table(
        "rejects",
        "a raw row that is not in the clean ledger",
        ("table", "file", "line"),
        (Column("table", "text", True), Column("file", "text", True), Column("line", "integer", True, low=1), Column("rule", "text", True)),
    ),
    Table(
        "repairs",
        "a raw cell whose reading is not its text",
        (),
        (
            Column("table", "text", True),
            Column("file", "text", True),
            Column("line", "integer", True, low=1),
            Column("column", "text", True),
            Column("rule", "text", True),
            Column("before", "text"),
            Column("after", "text"),
        ),
    ),
    Table(
        "flags",
        "a raw cell that is kept or emptied under doubt",
        (),
        (
            Column("table", "text", True),
            Column("file", "text", True),
            Column("line", "integer", True, low=1),
            Column("column", "text", True),
            Column("rule", "text", True),
        ),
    ),
    Table(
        "merges",
        "a customer id found to be another's double",
        ("customer_id",),
        (_ID, Column("merged_into", "id", True), Column("rule", "text", True), Column("known_on", "date", True)),
    ),
    Table(
        "orders",
        "a sale or a cancellation of a known customer",
        (),
        (
            _ID,
            Column("ordered_on", "date", True, unit="local date of the order (of the cancelled order)"),
            Column("known_on", "date", True, unit="local date on which the row became known"),
            Column("amount", "money", True, unit="source currency"),
        ),
        identities=("amount >= 0 for a sale, < 0 for a cancellation", "known_on >= ordered_on"),
    ),
    Table(
        "customers",
        "a customer seen by as_of",
        ("customer_id",),
        (
            _ID,
            Column("first_order_on", "date"),
            Column("last_order_on", "date"),
            _count("count_orders"),
            _count("count_order_days"),
            _value("spend_total", low=0),
            _value("spend_mean", required=False, low=0),
            Column("days_since_last_order", "integer", low=0),
            Column("days_first_to_last_order", "integer", low=0),
            Column("days_as_customer", "integer", low=0),
        ),
        identities=(
            "count_order_days = 0 exactly where first_order_on is missing",
            "the sum of spend_total is the net revenue of known customers",
        ),
    ),
    Table(
        "spells",
        "the time from one order day of a customer to the next; the last one is open",
        ("customer_id", "order_number"),
        (
            _ID,
            Column("order_number", "integer", True, low=1),
            Column("started_on", "date", True),
            Column("ended_on", "date"),
            _value("amount"),
            Column("duration_days", "integer", True, low=0),
            Column("is_closed", "bool", True),
        ),
        identities=("ended_on is filled exactly where is_closed",),
    ),
    Table(
        "segments",
        "a customer of the same month's customers table",
        ("customer_id",),
        (
            _ID,
            Column("r_score", "integer", low=1, high=5),
            Column("f_score", "integer", low=1, high=5),
            Column("m_score", "integer", low=1, high=5),
            Column("rfm_segment", "text", True),
            Column("tier", "text", True),
            Column("lifecycle_stage", "text", True),
            Column("cluster", "text"),
        ),
        identities=("every customer of the customers table exactly once",),
    ),
    Table(
        "classes",
        "a customer of the same month's customers table",
        ("customer_id",),
        (
            _ID,
            *(
                Column(name, "text", True)
                for name in (
                    *("value_profit", "value_amount", "value_score", "importance", "tier"),
                    *("frequency_band", "amount_band", "product_breadth", "joiner", "tenure", "returning", "purchase_channel"),
                    *("customer_type", "customer_type_basis", "contract_type", "industry"),
                    *("origin", "region4", "region_nbs", "city_tier", "need_segment"),
                    *("lifecycle_a9", "lifecycle_a19", "lifecycle_b17", "lifecycle_c9", "lifecycle_d8"),
                    *("rfm_eleven", "rfm_klaviyo", "rfm_eight"),
                )
            ),
        ),
        identities=("every customer of the customers table exactly once",),
    ),
    Table(
        "profiles",
        "a customer of the same month's customers table",
        ("customer_id",),
        (
            _ID,
            _count("count_fields"),
            _count("count_filled"),
            _share("completeness", required=False),
            Column("updated_on", "date"),
            Column("is_stale", "bool"),
        ),
        identities=("every customer of the customers table exactly once", "count_filled <= count_fields"),
    ),
    Table(
        "scores",
        "a customer with at least one order by as_of",
        ("customer_id",),
        (
            _ID,
            _share("p_order"),
            Column("expected_orders", "number", True, low=0, unit="order days"),
            _value("expected_spend", low=0),
            _value("spend_low", low=0),
            _value("spend_high", low=0),
            _share("p_order_month"),
            _value("expected_spend_month", low=0),
            _share("p_active"),
            _share("p_active_low"),
            _share("p_active_high"),
            Column("model", "text", True),
        ),
        identities=(
            "every customer with an order exactly once",
            "spend_low <= spend_high",
            "p_active_low <= p_active <= p_active_high",
            "p_order_month <= p_order when the next month is shorter than the horizon",
        ),
    ),
    Table(
        "churn",
        "a customer with at least one order by as_of",
        ("customer_id",),
        (
            _ID,
            Column("is_lapsed", "bool", True),
            Column("lapsed_on", "date"),
            Column("warning", "text"),
            Column("reason", "text"),
            Column("first_warned", "text"),
        ),
        identities=(
            "every customer with an order exactly once",
            "lapsed_on is filled exactly where is_lapsed, an undated end of contracts apart",
        ),
    ),
    Table(
        "codes",
        "a customer of the same month's customers table",
        ("customer_id",),
        (_ID, Column("code", "text", True), _count("count_unknown")),
        identities=("every customer of the customers table exactly once", "code decodes by the source's codebook"),
    ),
    Table(
        "value",
        "a customer with at least one order by as_of",
        ("customer_id",),
        (
            _ID,
            _value("clv", low=0),
            _value("clv_low", low=0),
            _value("clv_high", low=0),
            _value("value_historic"),
            _value("value_at_risk", low=0),
        ),
        identities=(
            "every customer with an order exactly once",
            "clv_low <= clv <= clv_high",
        ),
    ),
)

DERIVED: dict[str, Table] = {table.name: table for table in _TABLES}
"""Derived tables and cleaning records by name. Tables may carry further columns; these are the ones that others rely on."""
