from datetime import date
from pathlib import Path

import pytest

from analysis.ledger.config import load_config
from analysis.ledger.store import LedgerError

HEAD = """
title = "Shop"
currency = "GBP"
zone = "Europe/London"
home_country = "United Kingdom"
"""
LINES = '[tables.order_lines]\nfile = "raw/lines.csv"\n'


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str) -> Path:
        folder = tmp_path / "shop"
        folder.mkdir(exist_ok=True)
        (folder / "ledger.toml").write_text(text, encoding="utf-8")
        return folder

    return write


def test_smallest_ledger_has_the_stated_defaults(write):
    config = load_config(write(HEAD + LINES))
    lines = config.tables["order_lines"]
    assert (config.setting, config.symbol, config.covered_until) == ("noncontractual", "£", None)
    assert (lines.file, lines.header_lines, lines.duplicates, lines.rows) == (("raw/lines.csv",), 1, "reject", ())


def test_full_table_is_read_as_written(write):
    folder = write(
        HEAD
        + """
founded = 2009-01-01
covered_until = 2011-12-09
[params.churn]
lapse_quantile = 0.95
[tables.order_lines]
file = ["raw/a.csv.gz", "raw/a.xlsx"]
header = 3
decimal = ","
duplicates = "keep"
allow_zero_amount = true
columns = { order_id = "Invoice" }
constants = { country = "UK" }
formats = { ordered_at = "%d/%m/%Y %H:%M" }
levels = { channel = { "Web site" = "web" } }
key = "order_id"
positions = { customer_id = [1, 6] }
[[tables.order_lines.joins]]
file = "raw/orders.csv"
on = "order_id"
columns = ["customer_id"]
[[tables.order_lines.rows]]
rule = "cancellation_invoice"
action = "cancellation"
when = { order_id = "C.*" }
[detected.order_lines.delivered_at]
format = "iso"
"""
    )
    config = load_config(folder)
    lines = config.tables["order_lines"]
    assert (config.founded, config.covered_until) == (date(2009, 1, 1), date(2011, 12, 9))
    assert config.load_params().churn.lapse_quantile == 0.95
    assert (lines.header_lines, lines.key, lines.positions) == (3, ("order_id",), {"customer_id": (1, 6)})
    assert (lines.joins[0].on, lines.joins[0].columns) == ({"order_id": "order_id"}, {"customer_id": "customer_id"})
    assert (lines.rows[0].rule, lines.rows[0].action, lines.rows[0].when) == ("cancellation_invoice", "cancellation", {"order_id": "C.*"})
    assert config.formats("order_lines") == {"ordered_at": "%d/%m/%Y %H:%M", "delivered_at": "iso"}
    assert config.decimal("order_lines", "amount") == ","


def test_a_format_alone_is_for_all_dates_and_times(write):
    config = load_config(write(HEAD + LINES + 'formats = "iso"\n'))
    assert config.formats("order_lines") == {"ordered_at": "iso", "delivered_at": "iso"}


def test_stated_format_stands_over_a_detected_one(write):
    config = load_config(write(HEAD + LINES + 'formats = { ordered_at = "iso" }\n[detected.order_lines.ordered_at]\nformat = "%d/%m/%Y"\n'))
    assert config.formats("order_lines")["ordered_at"] == "iso"


def test_detected_decimal_is_of_its_column_only(write):
    config = load_config(write(HEAD + LINES + '[detected.order_lines.amount]\ndecimal = ","\n'))
    assert (config.decimal("order_lines", "amount"), config.decimal("order_lines", "unit_price")) == (",", ".")


def test_config_is_frozen(write):
    config = load_config(write(HEAD + LINES))
    with pytest.raises(ValueError, match="frozen"):
        config.title = "Other"


MISTAKES = [
    pytest.param(HEAD.replace("title", "titel") + LINES, "titel does not exist; did you mean title?", id="unknown top key"),
    pytest.param(HEAD.replace("GBP", "gbp") + LINES, "currency: 'gbp' is no ISO 4217 code; did you mean GBP?", id="currency case"),
    pytest.param(HEAD.replace("GBP", "GPB") + LINES, "currency: 'GPB' is no ISO 4217 code; write it like", id="currency"),
    pytest.param(HEAD.replace("/London", "/Londn") + LINES, "zone: 'Europe/Londn' is no time zone; did you mean Europe/London?", id="zone"),
    pytest.param(HEAD.replace('zone = "Europe/London"', "") + LINES, "zone is missing", id="missing key"),
    pytest.param(HEAD.replace('"Shop"', "7") + LINES, "title must be text, in quotes", id="wrong type"),
    pytest.param(HEAD + 'covered_until = "2011-12-09"\n' + LINES, "covered_until must be a date without quotes", id="date in quotes"),
    pytest.param(HEAD + "founded = 2012-01-01\ncovered_until = 2011-12-09\n" + LINES, "founded is after covered_until", id="founded late"),
    pytest.param(HEAD + 'setting = "contract"\n' + LINES, "setting = 'contract' is not allowed; did you mean contractual?", id="setting"),
    pytest.param(HEAD + "[tables]\n", "tables", id="no table"),
    pytest.param(
        HEAD + LINES.replace("lines]", "line]"), "tables.order_line does not exist; did you mean order_lines?", id="unknown canonical table"
    ),
    pytest.param(HEAD + LINES + 'delimeter = ";"', "tables.order_lines: delimeter does not exist; did you mean delimiter?", id="table key"),
    pytest.param(
        HEAD + LINES + 'columns = { costumer_id = "C" }',
        "tables.order_lines.columns.costumer_id does not exist; did you mean customer_id?",
        id="unknown canonical column",
    ),
    pytest.param(HEAD + LINES + 'constants = { county = "UK" }', "constants.county does not exist; did you mean country?", id="constant"),
    pytest.param(HEAD + LINES + "constants = { country = 1 }", "constants.country must be text, in quotes", id="constant no text"),
    pytest.param(
        HEAD + LINES + 'columns = { country = "C" }\nconstants = { country = "UK" }', "country is in columns and in constants", id="twice"
    ),
    pytest.param(HEAD + LINES + 'formats = { amount = "iso" }', "formats.amount is money, not a date or time", id="format of money"),
    pytest.param(
        HEAD + LINES + 'formats = { ordered_at = "DD/MM/YYYY" }', "ordered_at = 'DD/MM/YYYY' must be \"iso\" or name", id="format"
    ),
    pytest.param(HEAD + LINES + 'formats = { ordered_at = "%Y-%m-%Q" }', "%Q does not exist", id="directive"),
    pytest.param(HEAD + LINES + 'decimal = ";"', "decimal = ';' is not allowed", id="decimal"),
    pytest.param(HEAD + LINES + 'format = "exel"', "format = 'exel' is not allowed; did you mean excel?", id="file format"),
    pytest.param(HEAD + LINES + 'encoding = "utf-9"', "encoding: utf-9 does not exist; did you mean utf-8?", id="encoding"),
    pytest.param(HEAD + LINES + 'delimiter = ", "', "must be one character", id="delimiter"),
    pytest.param(HEAD + LINES + "header = -1", "header: must be true, false, or the number of lines", id="header"),
    pytest.param(HEAD + LINES + "positions = { customer_id = [0, 6] }", "must be the first and last character, from 1", id="positions"),
    pytest.param(HEAD + LINES + 'levels = { country = { a = "b" } }', "levels.country is text, not a level", id="levels of text"),
    pytest.param(
        HEAD + '[tables.interactions]\nfile = "a.csv"\nlevels = { channel = { "E-mail" = "emial" } }',
        "levels.channel: emial does not exist; did you mean email?",
        id="unknown level",
    ),
    pytest.param(HEAD + LINES + 'key = ["order"]', "key.order does not exist", id="key"),
    pytest.param(HEAD + LINES + 'sql = "select 1"', "tables.order_lines must have either file or sql", id="file and sql"),
    pytest.param(HEAD + "[tables.order_lines]\nheader = true", "tables.order_lines must have either file or sql", id="neither"),
    pytest.param(HEAD + '[tables.order_lines]\nsql = "select 1"', "needs the raw files that it reads", id="sql without files"),
    pytest.param(
        HEAD + '[tables.customers]\nfile = "a.csv"\nallow_zero_amount = true',
        "exists only in tables.order_lines",
        id="zero amount elsewhere",
    ),
    pytest.param(
        HEAD + LINES + '[[tables.order_lines.rows]]\nrule = "x"\naction = "drop"\nwhen = { order_id = "C" }',
        "rows (number 1).action = 'drop' is not allowed; known: reject, cancellation, drop_customer",
        id="action",
    ),
    pytest.param(
        HEAD + LINES + '[[tables.order_lines.rows]]\nrule = "x"\naction = "reject"\nwhen = { invoice = "C" }',
        "rows (number 1).when.invoice does not exist",
        id="row rule's column",
    ),
    pytest.param(
        HEAD + LINES + '[[tables.order_lines.rows]]\nrule = "x"\naction = "reject"\nwhen = { order_id = "C(" }',
        "is no regular expression",
        id="row rule's pattern",
    ),
    pytest.param(
        HEAD + LINES + '[[tables.order_lines.rows]]\nrule = "x"\naction = "reject"\nwhen = { order_id = "(?!C).*" }',
        "look-around",
        id="pattern that the engine lacks",
    ),
    pytest.param(HEAD + LINES + '[[tables.order_lines.joins]]\nfile = "a.csv"', "joins (number 1).on is missing", id="join without key"),
    pytest.param(HEAD + LINES + "[params.chrun]\nx = 1", "section chrun does not exist; did you mean churn?", id="params section"),
    pytest.param(HEAD + LINES + "[params.churn]\nseed = 0.5", "churn.seed = 0.5 is not allowed", id="params value"),
    pytest.param(HEAD + LINES + '[fetch]\npublisher = "x"\nfiles = { "a.csv" = "123" }', "a.csv must be a SHA-256", id="fetch hash"),
    pytest.param(HEAD + LINES + '[detected.customers.joined_on]\nformat = "iso"', "detected.customers does not exist", id="detected table"),
    pytest.param(HEAD + LINES + "title = ", "is not valid TOML", id="no TOML"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_mistake_is_said_in_one_line(write, text, said):
    with pytest.raises(LedgerError) as caught:
        load_config(write(text))
    message = str(caught.value)
    assert message.startswith("shop/ledger.toml")
    assert said in message
    assert "\n" not in message
    assert len(message) < 400


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(LedgerError, match=r"none/ledger.toml does not exist; copy the folder of another source"):
        load_config(tmp_path / "none")
