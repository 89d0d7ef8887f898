import os

import pytest

from analysis.driver import swap


@pytest.fixture
def folders(tmp_path):
    new, published = tmp_path / "staging" / "new", tmp_path / "reports" / "2020-01"
    for folder, text in ((new, "new"), (published, "old")):
        folder.mkdir(parents=True)
        (folder / "page").write_text(text)
    return new, published


@pytest.fixture(params=["exchange", "two renames"])
def way(request, monkeypatch):
    if request.param == "two renames":
        monkeypatch.setattr(swap, "exchange", lambda *_: False)
    return request.param


def test_new_folder_takes_the_place_of_the_old_one(folders, way):
    new, published = folders
    swap.swap(new, published)
    assert (published / "page").read_text() == "new"
    assert list(new.parent.iterdir()) == []


def test_first_folder_needs_no_old_one(folders, tmp_path):
    new, _ = folders
    swap.swap(new, tmp_path / "reports" / "other" / "2020-02")
    assert (tmp_path / "reports" / "other" / "2020-02" / "page").read_text() == "new"


def test_repair_puts_the_old_folder_back_when_the_swap_stopped_half_way(folders, monkeypatch):
    new, published = folders
    monkeypatch.setattr(swap, "exchange", lambda *_: False)
    rename = os.rename
    monkeypatch.setattr(os, "rename", lambda a, b: rename(a, b) if a == published else (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        swap.swap(new, published)
    monkeypatch.setattr(os, "rename", rename)
    assert not published.exists()
    assert swap.repair(new, published)
    assert (published / "page").read_text() == "old"
    assert list(new.parent.iterdir()) == []


def test_repair_removes_what_was_not_published(folders):
    new, published = folders
    assert swap.repair(new, published)
    assert not new.exists()
    assert (published / "page").read_text() == "old"
    assert not swap.repair(new, published)
