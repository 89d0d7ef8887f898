import io
import json
import re
import zipfile
from datetime import date
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from analysis.report import charts, show
from analysis.report.assembly import build_pages, collect_kpis, write_files
from analysis.report.checks import check_page
from analysis.report.dress import TEMPLATES
from analysis.report.index import build_index
from analysis.report.page import Metadata, PageError, describe_chapter, name_file, render_chapter
from analysis.report.sheets import write_csv, write_workbook

from .conftest import NASTY

METADATA = Metadata("demo", "Demo <company> 示例", "2016-10", date(2016, 10, 31), "CNY", "0123456789abcdef", previous="2016-09")


def build_notebook(*cells):
    book = nbformat.v4.new_notebook()
    for number, item in enumerate(cells):
        if isinstance(item, str):
            cell = nbformat.v4.new_markdown_cell(item)
        else:
            outputs = (
                item
                if isinstance(item, list)
                else [nbformat.v4.new_output("execute_result", data=item._repr_mimebundle_(), execution_count=1)]
            )
            cell = nbformat.v4.new_code_cell("secret_code()", outputs=outputs)
        cell["id"] = f"cell-{number}"
        book.cells.append(cell)
    return book


def render(*cells, **more):
    return render_chapter(build_notebook(*cells), name="02_customers", metadata=METADATA, **more)


@pytest.fixture
def nasty(say):
    frame = pd.DataFrame({"name": NASTY, "x": np.arange(5.0)})
    return show.table(frame, "chart"), charts.bar(frame, "chart.bar", "chart", label="name", value="x")


def test_a_page_has_no_problem_and_no_code(nasty):
    html = render("# Customers\n\nWho are they?", "## A", nasty[0], "## B", nasty[1])
    assert check_page(html) == []
    assert "secret_code" not in html
    assert "Demo &lt;company&gt; 示例" in html
    assert html.count("<script") == 1


def test_same_bytes_twice(nasty):
    assert render("# T", *nasty) == render("# T", *nasty)


def test_what_a_section_lacks_is_said_once(say):
    gap = show.missing(show.Missing("exits", ("reason",), ("C13",)))
    assert render("## One", gap, gap, "## Two", gap).count("class=missing") == 2


def test_raw_html_in_prose_stays_text(say):
    html = render("# T\n\n<script>alert(1)</script> and <img src=x>\n\n<div onclick=x>")
    assert check_page(html) == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@pytest.mark.parametrize("prose", ["[x](https://example.org)", "![x](a.png)", "[x](//example.org)", "[x](javascript:alert(1))"])
def test_prose_does_not_lead_outside(say, prose):
    with pytest.raises(PageError, match=r"02_customers: the (link|image)"):
        render(f"# T\n\n{prose}")


def test_headings_have_anchors_of_any_script_and_the_contents_list_them(say):
    html = render("# T", "## 按地区", "## Same", "## Same")
    assert '<h2 id="按地区">' in html
    assert '<a href="#same-2">Same</a>' in html


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (
            nbformat.v4.new_output("stream", name="stderr", text="FutureWarning: x"),
            r"cell 2 \(T\): the cell printed to stderr: FutureWarning: x",
        ),
        (nbformat.v4.new_output("error", ename="ValueError", evalue="x", traceback=[]), "the cell failed with ValueError"),
        (nbformat.v4.new_output("display_data", data={"text/html": "<table>rows of customers</table>"}), "not a report display"),
    ],
)
def test_only_our_displays_reach_a_page(say, output, message):
    with pytest.raises(PageError, match=message):
        render("# T", [output])


def test_streams_are_dropped_where_allowed(say):
    html = render("# T", [nbformat.v4.new_output("stream", name="stderr", text="hush")], allow_streams=True)
    assert "hush" not in html


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ('<p><img src="data:image/png;base64,">', "no text says what the picture shows"),
        ("<p onclick=x>", "inline event handler onclick"),
        ('<a href="https://example.org">x</a>', "href leads outside"),
        ("<script>alert(1)</script>", "2 scripts instead of the one"),
        ('<iframe srcdoc="x"></iframe>', "no place in a page"),
        ("<h4>x</h4>", "a heading of level 4 follows one of level 1"),
        ('<p id="main">', "used twice"),
        ("<style>@import 'x'</style>", "loads something from elsewhere"),
        ('<p style="background:url(//x)">', "style loads something"),
    ],
)
def test_the_check_finds(say, bad, problem):
    html = render("# T").replace("</main>", f"{bad}</main>")
    assert any(problem in found for found in check_page(html))


def test_the_check_finds_size_and_a_missing_policy(say):
    html = render("# T")
    assert "at most 10 are allowed" in check_page(html, max_bytes=10)[0]
    assert "policy" in check_page(html.replace("Content-Security-Policy", "x"))[0]


def test_six_charts_stay_far_below_the_limit(say):
    months = [f"{2014 + i // 12}-{i % 12 + 1:02d}" for i in range(36)]
    frame = pd.DataFrame([(m, g, i + j * 10.0) for j, g in enumerate("abcd") for i, m in enumerate(months)], columns=["x", "name", "y"])
    shown = [charts.line(frame, f"chart.n{number}", "chart", x="x", y="y", series="name") for number in range(6)]
    assert len(render("# T", *shown).encode()) < 200_000


def test_a_report_holds_pages_tables_and_a_workbook(nasty):
    summary = build_notebook("# October\n\nIn short.", show.verdict("fit", "common.index.none"))
    files = build_pages({"02_customers": build_notebook("# Customers\n\nWho?", *nasty), "summary": summary}, METADATA)
    assert sorted(files) == ["customers.html", "index.html", "tables/chart-bar.csv", "tables/chart.csv", "tables/tables.xlsx"]
    assert b'<a href="customers.html">Customers</a><span>Who?</span>' in files["index.html"]
    assert files == build_pages({"02_customers": build_notebook("# Customers\n\nWho?", *nasty), "summary": summary}, METADATA)


def test_two_displays_of_one_name_are_refused(nasty):
    with pytest.raises(PageError, match="the display chart is shown twice in the report"):
        build_pages({"02_customers": build_notebook("# A", nasty[0]), "03_segments": build_notebook("# B", nasty[0])}, METADATA)


def test_a_page_with_a_problem_is_refused(say):
    from analysis.report.show.display import Display

    with pytest.raises(PageError, match=r"02_customers: the page cannot be published: .*leads outside"):
        build_pages({"02_customers": build_notebook("# A", Display("text", '<a href="http://x">x</a>'))}, METADATA)


def test_files_of_chapters():
    assert [name_file(name) for name in ("04_churn", "summary", "06_summary")] == ["churn.html", "index.html", "index.html"]


def test_a_chapter_is_described_by_heading_paragraph_and_verdict(say):
    node = build_notebook("# Title\n\nThe lead.\n\nMore.", show.verdict("warn", "common.index.none"))
    chapter = describe_chapter(node, "01_ledger")
    assert (chapter.title, chapter.lead, chapter.status) == ("Title", "The lead.", "Nothing has been published yet.")


def test_csv_opens_in_a_spreadsheet(nasty):
    text = write_csv(nasty[0].table.to_json())
    assert text.startswith(b"\xef\xbb\xbfName,X\r\n")
    assert "'=cmd|' /C calc'!A0,1" in text.decode("utf-8-sig")
    assert "上海 <b>,3" in text.decode("utf-8-sig")


def test_negative_numbers_stay_numbers():
    table = {
        "name": "t",
        "title": "T",
        "columns": ["a", "b"],
        "kinds": ["number", "text"],
        "rows": [[-1.5, "x"], [None, "-1"], [0.1 + 0.2, ""]],
    }
    assert write_csv(table).decode("utf-8-sig").split("\r\n")[1:4] == ["-1.5,x", ",'-1", "0.3,"]


def test_the_workbook_is_the_same_bytes_and_its_texts_are_texts(nasty):
    tables = [nasty[0].table.to_json(), {**nasty[0].table.to_json(), "name": "CHART"}]
    book = write_workbook(tables, "T", date(2016, 10, 31))
    assert book == write_workbook(tables, "T", date(2016, 10, 31))
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
        sheet = archive.read("xl/worksheets/sheet2.xml").decode()
        assert "<f>" not in sheet
        assert "=cmd|' /C calc'!A0" in archive.read("xl/sharedStrings.xml").decode()


def test_the_index_lists_every_month_the_latest_first(tmp_path, say):
    kpis = [{"name": "k", "title": "Buyers <b>", "text": "12"}]
    for period in ("2016-09", "2016-10"):
        folder = tmp_path / "demo" / period
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps({"source": "demo", "period": period, "title": "Demo", "kpis": kpis}))
    (tmp_path / ".staging" / "2016-11").mkdir(parents=True)
    (tmp_path / ".staging" / "2016-11" / "manifest.json").write_text('{"source": "x", "period": "2016-11"}')
    (tmp_path / "demo" / "2016-08").mkdir()
    (tmp_path / "demo" / "2016-08" / "manifest.json").write_text("{broken")
    html = build_index(tmp_path)
    assert re.findall(r'href="(demo/[^"]+)"', html) == ["demo/2016-10/index.html", "demo/2016-09/index.html"]
    assert "Buyers &lt;b&gt;" in html
    assert check_page(html) == []
    assert html == build_index(tmp_path)


def test_an_empty_index_says_so(tmp_path):
    assert "Nothing has been published yet." in build_index(tmp_path)


def test_kpis_for_the_manifest_come_from_the_cards(say):
    say("kpi.k", title="Buyers", definition="x", formula="x")
    node = build_notebook("# S", show.cards([show.Card("k", 12.0, "count", previous=10.0)]))
    assert collect_kpis({"summary": node}) == [
        {"name": "k", "title": "Buyers", "value": 12.0, "text": "12", "unit": "count", "change": "up 20.0% from 10"}
    ]


def test_files_are_written_below_the_folder(tmp_path):
    write_files({"index.html": b"a", "tables/t.csv": b"b"}, tmp_path)
    assert (tmp_path / "tables" / "t.csv").read_bytes() == b"b"


def _luminance(colour):
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    return sum(
        weight * (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4)
        for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
    )


@pytest.mark.parametrize("mode", [0, 1])
def test_letters_keep_their_contrast_in_light_and_dark(mode):
    css = (Path(TEMPLATES) / "page.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--(\w+):(#\w+)", block)) for block in re.findall(r":root\{([^}]*)\}", css)[:2])
    colours = {**light, **dark} if mode else light
    for name in ("ink", "soft", "link", "s1", "s2", "s3", "s4", "s5", "s6", "good", "bad", "stop"):
        for ground in ("paper", "wash"):
            bright, dim = sorted((_luminance(colours[name]), _luminance(colours[ground])), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, (name, ground)
