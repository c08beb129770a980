"""Certificates: what is read of them, and what is found wrong."""

import datetime

import authority
import openstack_x509 as x509
import pytest
from openstack_errors import Invalid

ROOT = authority.Authority("Root")
MIDDLE = authority.Authority("Middle", ROOT)
CERTIFICATE, KEY = MIDDLE.issue("image-node.example.org", "image-node", "10.0.0.5", "fd00::5")
CHAIN = CERTIFICATE + MIDDLE.pem


def problems(chain=CHAIN, key=KEY, hosts=("image-node.example.org",), days=0):
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return x509.problems(x509.certificates(chain, "c"), x509.key(key, "k"), hosts, now)


def test_nothing_is_wrong():
    assert problems() == []
    assert problems(CERTIFICATE + MIDDLE.issuers) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"days": 91}, "CN=image-node.example.org expired on "),
        ({"days": -3}, "CN=image-node.example.org is valid from "),
        ({"key": authority.secret(authority.new_key())}, "the key does not belong to the certificate of CN=image-node"),
        (
            {"chain": MIDDLE.pem + CERTIFICATE},
            "the key belongs to certificate 2 of the chain, CN=image-node.example.org",
        ),
        ({"chain": CERTIFICATE + ROOT.pem}, "CN=image-node.example.org is not issued by what comes next, CN=Root"),
        ({"chain": CERTIFICATE + authority.Authority("Middle", ROOT).pem}, "the chain is out of order"),
        ({"hosts": ["glance.example.org"]}, "fd00::5, not for glance.example.org"),
    ],
)
def test_what_is_wrong(changes, words):
    found = problems(**changes)
    assert any(words in line for line in found), found


def test_an_issuer_that_is_expired():
    assert any(line.startswith("CN=Middle expired") for line in problems(days=400))


def test_a_common_name_is_no_name():
    certificate, key = ROOT.issue()
    assert "no name (subjectAltName), not for nobody" in problems(certificate, key, ["nobody"])[0]


@pytest.mark.parametrize(
    ("name", "host", "expected"),
    [
        ("image-node", "IMAGE-node.", True),
        ("*.example.org", "a.example.org", True),
        ("*.example.org", "a.b.example.org", False),
        ("*.example.org", "example.org", False),
        ("*", "image-node", False),
        ("xn--bcher-kva.example", "bücher.example", True),
        ("*.xn--bcher-kva.example", "a.bücher.example", True),
        ("10.0.0.5", "10.0.0.5", True),
        ("*.0.0.5", "10.0.0.5", False),
        ("fd00::5", "[fd00:0::5]", True),
        ("fd00::5", "fd00::6", False),
    ],
)
def test_covers(name, host, expected):
    assert x509.covers([name], host) is expected


def test_an_internationalized_name():
    certificate, key = ROOT.issue("bücher.example")
    assert x509.names(x509.certificates(certificate, "c")[0]) == ["xn--bcher-kva.example"]
    assert problems(certificate, key, ["bücher.example"]) == []


def test_what_is_told():
    found = x509.describe(x509.certificates(CHAIN, "c"))
    assert found["subject"] == "CN=image-node.example.org"
    assert found["names"] == ["image-node.example.org", "image-node", "10.0.0.5", "fd00::5"]
    assert found["days_left"] == 89
    assert len(found["fingerprint"].split(":")) == 32
    assert [line.split()[0] for line in found["chain"]] == ["CN=Middle"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "c holds no certificate in PEM"),
        (KEY, "c holds no certificate in PEM"),
        (CERTIFICATE.replace("MII", "XXX", 1), "c holds a certificate that is damaged"),
    ],
)
def test_no_certificate(text, words):
    with pytest.raises(Invalid, match=words):
        x509.certificates(text, "c")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "k holds no private key"),
        (CERTIFICATE, "k holds no private key"),
        (KEY + KEY, "k holds more than one private key"),
        (KEY.replace("MI", "XX", 1), "k holds a private key that is damaged"),
        (authority.secret(authority.new_key(), b"word"), "passphrase"),
    ],
)
def test_no_key(text, words):
    with pytest.raises(Invalid, match=words) as raised:
        x509.key(text, "k")
    assert not [line for line in text.splitlines()[1:-1] if line in str(raised.value)]


def test_one_file_has_all_of_it_in_order():
    chain, key = x509.certificates(MIDDLE.pem + CERTIFICATE, "c")[::-1], x509.key(f"noise\n{KEY}", "k")
    text = x509.one_file(chain, key)
    assert text == CERTIFICATE + MIDDLE.pem + KEY
    assert x509.belongs(x509.certificates(text, "t")[0], x509.key(text, "t"))
