"""What is in a compressed file, and files that are none."""

import bz2
import gzip
import itertools
import lzma
import tracemalloc

import openstack_image_decompress as decompress
import pytest
from functional import images
from hypothesis import given, settings
from hypothesis import strategies as st
from openstack_errors import Invalid, OpenStackError, Unreachable

DATA = images.qcow2()
COMPRESS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
if decompress.zstd:
    COMPRESS["zstd"] = decompress.zstd.compress


def unpacked(kind, blocks):
    return b"".join(decompress.decompressed(iter(blocks), kind, "it"))


def pieces(data, cuts):
    edges = [0, *sorted(cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@pytest.mark.parametrize("kind", COMPRESS)
@settings(max_examples=20)
@given(data=st.binary(max_size=3000), cuts=st.lists(st.integers(0, 200), max_size=5))
def test_what_was_compressed_comes_out(kind, data, cuts):
    packed = COMPRESS[kind](data)
    cuts = [cut for cut in cuts if cut < len(packed)]
    # an empty block is the end, as it is in a file
    assert unpacked(kind, [piece for piece in pieces(packed, cuts) if piece]) == data


@pytest.mark.parametrize("kind", COMPRESS)
def test_two_streams_in_one_file(kind):
    packed = COMPRESS[kind](DATA)
    assert unpacked(kind, [packed, packed]) == DATA * 2


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_file_that_was_cut(kind):
    packed = COMPRESS[kind](DATA)
    with pytest.raises(OpenStackError, match=f"it ends in the middle: it is no whole {kind} file"):
        unpacked(kind, [packed[: len(packed) // 2]])


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_file_that_is_damaged(kind):
    packed = bytearray(COMPRESS[kind](DATA))
    packed[len(packed) // 2] ^= 255
    with pytest.raises(OpenStackError, match=r"is damaged|ends in the middle"):
        unpacked(kind, [bytes(packed)])


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_file_of_another_kind(kind):
    with pytest.raises(OpenStackError, match=f"no {kind} file: correct fetch:decompress"):
        unpacked(kind, [DATA])


@pytest.mark.parametrize("kind", COMPRESS)
def test_an_error_of_the_source_goes_through(kind):
    def blocks():
        yield COMPRESS[kind](DATA)[:20]
        raise Unreachable("the source's own words")

    with pytest.raises(Unreachable, match="the source's own words"):
        unpacked(kind, blocks())


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_bomb_stays_small_in_memory(kind):
    packed = COMPRESS[kind](bytes(96 << 20))
    tracemalloc.start()
    try:
        for block in decompress.decompressed(iter([packed]), kind, "it"):
            assert len(block) <= 1 << 20
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


@pytest.mark.parametrize("kind", COMPRESS)
def test_the_kind_is_seen_at_the_beginning(kind):
    assert decompress.recognised(COMPRESS[kind](DATA)[:16]) == kind
    assert decompress.recognised(DATA[:16]) is None


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.delitem(decompress._OPENERS, "zstd", raising=False)
    with pytest.raises(Invalid, match=r"install backports\.zstd in Salt's own Python"):
        unpacked("zstd", [b"x"])
