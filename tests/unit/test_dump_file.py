"""Dumps hold what was stored byte for byte, and what is no whole dump is refused."""

from __future__ import annotations

import gzip
import stat
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import bson
import pytest
from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, ObjectId, Regex, Timestamp
from bson.codec_options import CodecOptions, DatetimeConversion
from hypothesis import assume, given
from hypothesis import strategies as st

from altegio_sync.errors import ConfigError
from altegio_sync.mongo.backup.dump_file import (
    UnreadableDumpError,
    batches,
    new_dump_file,
    read_documents,
)
from altegio_sync.mongo.backup.dump_folder import (
    check_there,
    file_stem,
    find_dump_file,
    new_folder,
    usable_target,
)
from altegio_sync.mongo.backup.seen_keys import SeenKeys
from altegio_sync.mongo.core.document_ids import server_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.dump import DumpDigest

MILLISECONDS: CodecOptions[dict[str, Any]] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_MS
)
_TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
_NAMES = _TEXT.filter(lambda name: not name.startswith("$") and name != "_id")
_INT64 = st.integers(-(2**63), 2**63 - 1)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    _INT64.map(Int64),
    st.floats(),
    _TEXT,
    st.binary(max_size=8),
    st.builds(Binary, st.binary(max_size=8), st.integers(5, 6)),
    st.binary(min_size=16, max_size=16).map(lambda raw: Binary(raw, 4)),
    st.decimals(allow_nan=False, places=2, min_value=-(10**9), max_value=10**9).map(Decimal128),
    _INT64.map(DatetimeMS),
    st.builds(Regex, _TEXT, st.sampled_from([0, 2])),
    st.binary(min_size=12, max_size=12).map(ObjectId),
    st.builds(Timestamp, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    _TEXT.map(Code),
    st.just(MaxKey()),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)
_FIELDS = st.lists(st.dictionaries(_NAMES, _VALUES, max_size=4), max_size=6)


@st.composite
def collections(draw: st.DrawFn) -> list[bytes]:
    """Encoded documents, each with an ``_id`` of its own."""
    return [bson.encode({"_id": n, **fields}) for n, fields in enumerate(draw(_FIELDS))]


def write(path: Path, documents: Sequence[bytes]) -> DumpDigest:
    with new_dump_file(path) as dump:
        for document in documents:
            dump.write(document)
    return dump.result()


def read(path: Path) -> list[bytes]:
    return [bytes(each.raw) for each in read_documents(path)]


@given(collections())
def test_what_was_written_is_read_byte_for_byte_also_by_bson_itself(documents: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.bson.gz"
        digest = write(path, documents)
        with BufferedReader(gzip.GzipFile(path)) as file:
            decoded = list(bson.decode_file_iter(file, MILLISECONDS))

        assert read(path) == documents
    assert digest.documents == len(documents)
    assert digest.size == sum(map(len, documents))
    assert [bson.encode(each) for each in decoded] == documents


@given(collections(), st.data())
def test_a_file_cut_anywhere_is_refused(documents: list[bytes], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.bson.gz"
        write(path, documents)
        whole = path.read_bytes()
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])

        with pytest.raises(UnreadableDumpError):
            read(path)


@given(collections(), st.data())
def test_a_plain_file_is_read_and_refused_when_cut_within_a_document(
    documents: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(documents)
    ends = {sum(map(len, documents[:n])) for n in range(len(documents) + 1)}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.bson"
        path.write_bytes(whole)
        assert read(path) == documents
        cut = data.draw(st.integers(0, len(whole)))
        assume(cut not in ends)
        path.write_bytes(whole[:cut])

        with pytest.raises(UnreadableDumpError, match="cut off"):
            read(path)


@given(collections(), st.data())
def test_a_flipped_bit_is_noticed_or_means_nothing(
    documents: list[bytes], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.bson.gz"
        write(path, documents)
        damaged = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(damaged)

        # A date in the header and the bits that fill the last byte up hold nothing.
        with suppress(UnreadableDumpError):
            assert read(path) == documents


@pytest.mark.parametrize(
    "contents",
    [
        b"appointmentId,leadName\n501,Somebody Secret\n",
        b'{"leadName": "Somebody Secret"}',
        b"\x00" * 64,
        b"\x05\x00\x00",
        b"\xff\xff\xff\xff" * 4,
        bson.encode({"leadName": "Somebody Secret"}),
        bson.encode({"_id": 1})[:-1] + b"\x01",
        bson.encode({"_id": 1, "leadName": "Somebody Secret"}).replace(b"\x02lead", b"\x7flead"),
    ],
    ids=["csv", "json", "zeros", "three bytes", "size", "no _id", "end", "unknown type"],
)
def test_what_is_no_dump_is_refused_without_a_word_of_it(tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "given.bson"
    path.write_bytes(contents)

    with pytest.raises(UnreadableDumpError) as raised:
        read(path)

    assert "Secret" not in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_text_that_is_no_utf8_is_kept_as_it_is(tmp_path: Path) -> None:
    odd = bson.encode({"_id": 1, "note": "xyz"}).replace(b"xyz", b"x\xffz")
    path = tmp_path / "made.bson.gz"
    write(path, [odd])

    assert read(path) == [odd]


def test_the_same_documents_make_the_same_file_for_its_owner_alone(tmp_path: Path) -> None:
    for name in ("one.bson.gz", "two.bson.gz"):
        write(tmp_path / name, [bson.encode({"_id": 1})])

    assert (tmp_path / "one.bson.gz").read_bytes() == (tmp_path / "two.bson.gz").read_bytes()
    assert stat.S_IMODE((tmp_path / "one.bson.gz").stat().st_mode) == 0o600


def test_batches_end_at_a_number_or_at_a_size(tmp_path: Path) -> None:
    path = tmp_path / "made.bson"
    sizes = [10, 10, 900, 10, 10, 10, 10]
    path.write_bytes(b"".join(bson.encode({"_id": n, "x": "y" * s}) for n, s in enumerate(sizes)))

    made = [
        [each["_id"] for each in batch]
        for batch in batches(read_documents(path), most=3, most_bytes=500)
    ]

    assert made == [[0, 1, 2], [3, 4, 5], [6]]


@given(st.lists(st.binary(max_size=2), max_size=60))
def test_a_key_that_occurs_twice_is_found(added: list[bytes]) -> None:
    keys = SeenKeys()
    for key in added:
        keys.add(key)

    assert keys.has_one_twice() == (len(set(added)) < len(added))


def test_keys_are_the_same_where_the_server_takes_them_for_the_same() -> None:
    assert server_key(501) == server_key(Int64(501)) == server_key(501.0)
    assert server_key(501) == server_key(Decimal128("501.0"))
    assert server_key(7.5) == server_key(Decimal128("7.50"))
    kinds = ["501", 501, True, 1, None, 0.5, ObjectId(b"0" * 12), {"a": 1}]
    assert len({server_key(each) for each in kinds}) == len(kinds)


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=200))
def test_a_collection_of_any_name_has_a_file_of_its_own(name: str) -> None:
    stem = file_stem(name)

    assert "/" not in stem
    assert len(f"{stem}.metadata.json.gz") <= 255
    assert file_stem("altegio-appointments") == "altegio-appointments"


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = usable_target(tmp_path / "new" / "backup")

    def fail_halfway() -> None:
        with new_folder(target) as partial:
            (partial / "half").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert list(target.parent.iterdir()) == []

    with new_folder(target) as partial:
        assert not target.exists()
        (partial / "whole").write_text("x")

    assert [each.name for each in target.parent.rglob("*")] == ["backup", "whole"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o700


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    late = tmp_path / "late"

    def be_overtaken() -> None:
        with new_folder(usable_target(late)):
            late.mkdir()
            (late / "theirs").write_text("x")

    for taken in (tmp_path, tmp_path / "file"):
        with pytest.raises(ConfigError, match="already exists"):
            usable_target(taken)
    with new_folder(usable_target(tmp_path / "empty")) as partial:
        (partial / "made").write_text("x")
    with pytest.raises(ConfigError, match="late already exists"):
        be_overtaken()

    assert [each.name for each in late.iterdir()] == ["theirs"]
    assert (tmp_path / "empty" / "made").exists()
    assert list(tmp_path.glob("*.partial")) == []


def test_a_dump_is_found_by_its_folder_the_databases_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "school" / "lessons.bson.gz"
    file.parent.mkdir()
    file.touch()
    (tmp_path / "prelude.json.gz").touch()

    for given_path in (tmp_path, file.parent, file):
        assert find_dump_file(given_path, "elsewhere", "lessons") == file
    with pytest.raises(ConfigError, match=r"contains no dump of others: expected others\.bson\.gz"):
        find_dump_file(tmp_path, "school", "others")
    with pytest.raises(ConfigError, match="no dump"):
        check_there(tmp_path / "nothing")


def test_of_several_dumps_the_databases_own_is_taken_else_none(tmp_path: Path) -> None:
    for name in ("old/lessons.bson", "school/lessons.bson"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()

    assert find_dump_file(tmp_path, "school", "lessons").parent.name == "school"
    with pytest.raises(ConfigError, match="contains 2 dumps"):
        find_dump_file(tmp_path, "third", "lessons")
    (tmp_path / "school" / "lessons.bson.gz").touch()
    with pytest.raises(ConfigError, match="contains 2 dumps"):
        find_dump_file(tmp_path / "school", "school", "lessons")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("our lessons", "our+lessons.bson.gz"),
        ("our lessons", "our%20lessons.bson.gz"),
        ("our lessons", "our lessons.bson"),
        ("100%", "100%25.bson.gz"),
        ("a/b", "a%2Fb.bson"),
        ("a+b", "a%2Bb.bson"),
        ("a+b", "a+b.bson"),
        ("a=b", "a=b.bson"),
        ("уроки", "%D1%83%D1%80%D0%BE%D0%BA%D0%B8.bson.gz"),
        ("уроки", "уроки.bson"),
    ],
)
def test_a_dump_is_found_under_every_name_that_tools_give_it(
    tmp_path: Path, name: str, file: str
) -> None:
    (tmp_path / file).touch()

    assert find_dump_file(tmp_path, "school", name).name == file


def test_a_space_is_written_as_mongodump_does() -> None:
    assert file_stem("our lessons") == "our+lessons"


@pytest.mark.parametrize(
    "metadata", [b"", b"{", b"[1]", b'{"collectionName": 5}', b'{"collectionName": "a b"}', None]
)
def test_odd_metadata_do_not_hide_a_dump(tmp_path: Path, metadata: bytes | None) -> None:
    (tmp_path / "a+b.bson").touch()
    if metadata is not None:
        (tmp_path / "a+b.metadata.json").write_bytes(metadata)

    assert find_dump_file(tmp_path, "school", "a b").name == "a+b.bson"


def test_a_dump_whose_metadata_name_another_collection_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "a+b.bson").touch()
    (tmp_path / "a+b.metadata.json").write_text('{"collectionName": "a b"}')

    with pytest.raises(ConfigError, match="contains no dump"):
        find_dump_file(tmp_path, "school", "a+b")
