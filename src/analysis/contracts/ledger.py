"""The canonical tables of a customer ledger, as a source maps its own files to them.

A customer's own moves (an order, a call, an answer) are rows with a time. What is learnt later about a row (a case is
resolved, an invitation leads to a customer) is a column with a time of its own: `Column.known` names it, and reading
as of a date blanks what was not known by then.
"""

from analysis.contracts.tables import Column, Table

CUSTOMER_TYPES = ("business", "individual")
CONTACT_CHANNELS = ("web", "app", "email", "phone", "sms", "social", "chat", "visit", "meeting")
FEEDBACK_KINDS = ("complaint", "suggestion", "review", "service")
SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "recommend": (0, 10), "buy_again": (0, 10), "try_other": (0, 10)}


def _id(name: str, required: bool = False, known: str = "") -> Column:
    return Column(name, "id", required, known=known)


def _text(*names: str, known: str = "") -> tuple[Column, ...]:
    return tuple(Column(name, "text", known=known) for name in names)


def _level(name: str, required: bool = False, closed: tuple[str, ...] = (), known: str = "") -> Column:
    return Column(name, "level", required, closed, known)


def _money(name: str, required: bool = False, low: float | None = None, known: str = "") -> Column:
    return Column(name, "money", required, low=low, known=known, unit="source currency")


def _at(name: str, required: bool = False, known: str = "") -> Column:
    return Column(name, "time", required, known=known, unit="UTC")


def _on(name: str, required: bool = False, known: str = "") -> Column:
    return Column(name, "date", required, known=known, unit="local date")


_TABLES = (
    Table(
        "order_lines",
        "a line of an order",
        ("order_id", "line_id"),
        (
            _id("customer_id"),
            _at("ordered_at", True),
            _id("order_id"),
            _id("line_id"),
            _id("product_id"),
            Column("quantity", "number", unit="pieces; negative for a cancellation or return"),
            _money("unit_price"),
            _money("amount"),
            Column("discount", "number", low=0, high=1, unit="share of the list price"),
            _money("unit_cost", low=0),
            *_text("category"),
            _level("channel"),
            *_text("country"),
            _level("status"),
            _at("delivered_at", known="delivered_at"),
        ),
        known="ordered_at",
        either=(("quantity", "unit_price"), ("amount",)),
        identities=("amount = quantity x unit_price x (1 - discount) where the source gives no amount",),
    ),
    Table(
        "customers",
        "a customer (a version of one, where updated_at is given)",
        ("customer_id", "updated_at"),
        (
            _id("customer_id", True),
            *_text("name"),
            _level("customer_type", closed=CUSTOMER_TYPES),
            *_text("industry"),
            _level("contract_type"),
            _level("gender"),
            _on("birth_date"),
            *_text("occupation"),
            _money("income", low=0),
            *_text("interests"),
            Column("phone", "phone"),
            Column("email", "email"),
            *_text("address", "city", "region", "country", "acquisition_source"),
            _money("acquisition_cost", low=0),
            _on("joined_on"),
            *_text("owner", "declared_level", "entered_code", "tags"),
            _at("updated_at"),
        ),
    ),
    Table(
        "contracts",
        "a contract or subscription",
        ("contract_id",),
        (
            _id("contract_id", True),
            _id("customer_id", True),
            _on("started_on"),
            Column("tenure_months", "number", low=0, unit="months"),
            _on("ended_on", known="ended_on"),
            Column("ended", "bool", known="ended_on"),
            _money("monthly_fee", low=0),
            _level("plan"),
            *_text("end_reason", known="ended_on"),
        ),
        known="started_on",
        either=(("started_on",), ("tenure_months",)),
    ),
    Table(
        "products",
        "a product",
        ("product_id",),
        (_id("product_id", True), *_text("name", "category", "description"), _money("unit_cost", low=0), _on("launched_on")),
    ),
    Table(
        "invoices",
        "an invoice",
        ("invoice_id",),
        (
            _id("invoice_id", True),
            _id("customer_id", True),
            _on("invoiced_on", True),
            _money("amount", True),
            _on("due_on"),
            _id("order_id"),
            *_text("book"),
        ),
        known="invoiced_on",
    ),
    Table(
        "payments",
        "a receipt",
        ("payment_id",),
        (
            _id("payment_id", True),
            _id("customer_id", True),
            _on("paid_on", True),
            _money("amount", True),
            _id("invoice_id"),
            *_text("book"),
        ),
        known="paid_on",
    ),
    Table(
        "interactions",
        "a contact",
        (),
        (
            _id("customer_id", True),
            _at("occurred_at", True),
            _level("channel", True, CONTACT_CHANNELS),
            _level("kind"),
            _level("direction"),
            *_text("campaign"),
            Column("replied", "bool"),
            *_text("owner", "step"),
        ),
        known="occurred_at",
    ),
    Table(
        "feedback",
        "a complaint, suggestion, review or service case",
        ("feedback_id",),
        (
            _id("feedback_id", True),
            _id("customer_id", True),
            _at("received_at", True),
            _level("kind", True, FEEDBACK_KINDS),
            *_text("topic", "text"),
            _level("channel", closed=CONTACT_CHANNELS),
            Column("rating", "number", low=1, high=5, unit="stars"),
            _at("first_reply_at", known="first_reply_at"),
            _at("resolved_at", known="resolved_at"),
            _at("told_back_at", known="told_back_at"),
            Column("adopted", "bool", known="resolved_at"),
            *_text("touch_point"),
        ),
        known="received_at",
    ),
    Table(
        "surveys",
        "an answer to a survey",
        (),
        (
            _id("customer_id", True),
            _at("answered_at", True),
            _level("question", True, tuple(SCALES)),
            Column("score", "number", True, unit="points"),
            _level("channel", closed=CONTACT_CHANNELS),
            _at("invited_at"),
            *_text("touch_point"),
        ),
        known="answered_at",
        identities=("score within its question's scale",),
    ),
    Table(
        "needs",
        "a need or request",
        ("need_id",),
        (
            _id("need_id", True),
            _id("customer_id", True),
            _at("raised_at", True),
            _level("need_type", True),
            _level("urgency"),
            _on("due_on"),
            _at("met_at", known="met_at"),
        ),
        known="raised_at",
    ),
    Table(
        "referrals",
        "an invitation",
        (),
        (
            _id("referrer_id", True),
            _at("invited_at", True),
            _id("referred_id", known="joined_on"),
            _on("joined_on", known="joined_on"),
            _money("reward", low=0, known="joined_on"),
            _on("reward_paid_on", known="reward_paid_on"),
        ),
        known="invited_at",
    ),
    Table(
        "points",
        "a movement of points or a coupon",
        (),
        (
            _id("customer_id", True),
            _at("moved_at", True),
            Column("points", "number", True, unit="points; negative when spent"),
            _level("kind"),
            _id("coupon"),
            _money("cost"),
        ),
        known="moved_at",
    ),
    Table(
        "exits",
        "a stated reason for leaving",
        (),
        (_id("customer_id", True), _on("left_on", True), _level("reason", True), *_text("competitor", "evidence")),
        known="left_on",
    ),
    Table(
        "consents",
        "a permission",
        (),
        (_id("customer_id", True), _level("purpose", True), Column("granted", "bool", True), _at("changed_at"), *_text("source")),
        known="changed_at",
    ),
    Table(
        "actions",
        "a marketing or service action",
        ("action_id",),
        (
            _id("action_id", True),
            _id("customer_id", True),
            _on("planned_on", True),
            _level("action", True),
            *_text("owner"),
            _on("due_on"),
            _on("done_on", known="done_on"),
            *_text("outcome", known="done_on"),
            _money("cost", low=0, known="done_on"),
            Column("holdout", "bool"),
        ),
        known="planned_on",
    ),
)

LEDGER: dict[str, Table] = {table.name: table for table in _TABLES}
"""Canonical tables by name, in the order of the design."""

CLEAN_ONLY: dict[str, tuple[Column, ...]] = {
    "order_lines": (
        _on("ordered_on", True),
        _level("line_kind", True, ("sale", "cancellation")),
        _id("cancels_order_id"),
        _on("cancels_ordered_on"),
        _on("delivered_on", known="delivered_at"),
    ),
}
"""Columns that cleaning adds to a table: the local date of a time, what a line is, and which order a cancellation undoes."""
