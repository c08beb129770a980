"""Threads beside the transfer: nothing is lost, reordered or left running."""

import contextlib
import hashlib
import threading

import openstack_image_ahead as ahead
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openstack_errors import OpenStackError, Unreachable

BLOCKS = st.lists(st.binary(max_size=20), max_size=30)


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("image-data")]


@settings(max_examples=50)
@given(blocks=BLOCKS, depth=st.integers(1, 5))
def test_the_blocks_come_in_order(blocks, depth):
    assert list(ahead.ahead(iter(blocks), depth)) == blocks
    assert threads() == []


@settings(max_examples=50)
@given(blocks=BLOCKS)
def test_an_error_comes_after_the_blocks_before_it(blocks):
    def broken():
        yield from blocks
        raise Unreachable("cut")

    found = []
    with pytest.raises(Unreachable, match="cut"):
        found.extend(block for block in _keeping(ahead.ahead(broken()), found))
    assert found == blocks


def _keeping(blocks, found):
    for block in blocks:
        found.append(block)
        yield from ()


def test_no_more_is_read_than_the_depth():
    read = []
    blocks = (read.append(number) or number for number in range(100))
    with contextlib.closing(ahead.ahead(blocks, 3)) as stream:
        assert next(stream) == 0
    assert len(read) <= 5
    assert threads() == []


@settings(max_examples=50)
@given(blocks=BLOCKS, algorithms=st.sets(st.sampled_from(["md5", "sha256", "sha512"]), min_size=1))
def test_digests(blocks, algorithms):
    with contextlib.closing(ahead.Digests(algorithms)) as digests:
        for block in blocks:
            digests.eat(block)
        found = digests.result()
    assert found == {name: hashlib.new(name, b"".join(blocks)).hexdigest() for name in algorithms}
    assert threads() == []


def test_digests_can_be_asked_on_the_way():
    with contextlib.closing(ahead.Digests({"md5"})) as digests:
        for count in range(3):
            assert digests.result() == {"md5": hashlib.md5(b"a" * count).hexdigest()}
            digests.eat(b"a")


def test_an_algorithm_that_this_python_has_not():
    with pytest.raises((ValueError, OpenStackError)):
        ahead.Digests({"sha999"})
