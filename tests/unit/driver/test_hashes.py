import os

from analysis.driver.hashes import BIG, Memo, hash_data, list_files, write_atomically


def test_big_file_is_read_once_as_long_as_it_is_the_same_file(tmp_path, monkeypatch):
    path = tmp_path / "big"
    path.write_bytes(b"a" * BIG)
    memo = Memo(tmp_path / "memo.json")
    digest = memo.hash_file(path)
    memo.save()
    again = Memo(tmp_path / "memo.json")
    monkeypatch.setattr("hashlib.file_digest", None)
    assert again.hash_file(path) == digest
    assert not again.is_changed


def test_same_size_and_time_but_other_content_is_noticed(tmp_path):
    path = tmp_path / "big"
    path.write_bytes(b"a" * BIG)
    memo = Memo(tmp_path / "memo.json")
    before, stat = memo.hash_file(path), path.stat()
    path.write_bytes(b"b" * BIG)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert memo.hash_file(path) != before


def test_small_file_is_always_read(tmp_path):
    path = tmp_path / "small"
    path.write_text("a")
    memo = Memo(tmp_path / "memo.json")
    assert memo.hash_file(path) != (path.write_text("b"), memo.hash_file(path))[1]
    assert memo.known == {}


def test_file_that_is_gone_is_forgotten(tmp_path):
    path = tmp_path / "big"
    path.write_bytes(b"a" * BIG)
    memo = Memo(tmp_path / "memo.json")
    memo.hash_file(path)
    path.unlink()
    memo.save()
    assert Memo(tmp_path / "memo.json").known == {}


def test_order_of_keys_does_not_matter():
    assert hash_data({"a": 1, "b": 2}) == hash_data({"b": 2, "a": 1})


def test_listing_leaves_out_what_is_hidden(tmp_path):
    for name in ("b", "sub/a", ".hidden", ".git/x", "__pycache__/y"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert list_files(tmp_path) == ["b", "sub/a"]
    assert list_files(tmp_path / "nowhere") == []


def test_writing_leaves_no_part_behind(tmp_path):
    write_atomically(tmp_path / "new" / "file", "text")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]
