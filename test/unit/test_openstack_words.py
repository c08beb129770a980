"""What a service said last: the worst first, and no secret."""

import openstack_words
import pytest
from hypothesis import given
from hypothesis import strategies as st

PREFIX = "2026-11-24 16:20:12.123 4711"
# as oslo.log writes an exception that ends a program
LOG = f"""\
{PREFIX} INFO glance.common.wsgi [-] Starting
{PREFIX} WARNING keystonemiddleware.auth_token [-] AuthToken middleware is set
{PREFIX} CRITICAL glance [-] Unhandled error: LookupError: No section 'nobody' found
{PREFIX} ERROR glance Traceback (most recent call last):
{PREFIX} ERROR glance   File "/usr/bin/glance-api", line 8, in <module>
{PREFIX} ERROR glance     sys.exit(main())
{PREFIX} ERROR glance LookupError: No section 'nobody' found
{PREFIX} ERROR glance 
""".splitlines()  # noqa: W291
JOURNAL = """\
Started glance-api.service - OpenStack Image Service API.
Traceback (most recent call last):
  File "/usr/bin/glance-api", line 8, in <module>
    sys.exit(main())
             ^^^^^^
RuntimeError: Could not bind to 0.0.0.0:9292 after trying for 30 seconds
glance-api.service: Main process exited, code=exited, status=1/FAILURE
""".splitlines()


def test_the_worst_come_first():
    assert [line.removeprefix(PREFIX).split()[0] for line in openstack_words.pick(LOG)] == [
        "CRITICAL",
        "ERROR",
        "INFO",
        "WARNING",
    ]
    assert "No section 'nobody' found" in openstack_words.pick(LOG, 1)[0]


def test_a_traceback_is_its_last_line():
    assert openstack_words.pick(JOURNAL) == [JOURNAL[0], *JOURNAL[-2:]]


def test_of_a_service_that_is_started_again_and_again_each_line_is_told_once():
    assert openstack_words.pick(JOURNAL * 5) == openstack_words.pick(JOURNAL)


@given(lines=st.lists(st.text(max_size=400)), limit=st.integers(1, 20))
def test_no_more_than_asked_for(lines, limit):
    found = openstack_words.pick(lines, limit)
    assert len(found) <= limit
    assert all(0 < len(line) <= openstack_words.WIDTH for line in found)


def test_the_last_of_many_errors_are_told():
    found = openstack_words.pick([*(f"{PREFIX} ERROR x [-] number {each}" for each in range(40)), "others"])
    assert [line.split()[-1] for line in found] == [str(each) for each in range(25, 40)]


@pytest.mark.parametrize(
    ("content", "start", "lines"),
    [
        ("old\nnew\n", 4, ["new"]),
        ("old\n", 4, []),
        ("rotated\n", 400, ["rotated"]),
        ("x" * openstack_words.READ + "\nend\n", 0, ["x" * (openstack_words.READ - 5), "end"]),
    ],
)
def test_a_log_is_read_from_where_it_was(tmp_path, content, start, lines):
    path = tmp_path / "a.log"
    assert openstack_words.log(str(path), 0) == []
    assert openstack_words.sizes([str(path)]) == {str(path): 0}
    path.write_text(content)
    assert openstack_words.sizes([str(path)]) == {str(path): len(content)}
    assert openstack_words.log(str(path), start) == lines


@pytest.mark.parametrize(("code", "lines"), [(0, ["a", "b"]), (1, [])])
def test_the_journal_of_units(code, lines):
    asked = []

    def run(command, **options):
        asked.append((command, options))
        return {"retcode": code, "stdout": "a\nb"}

    assert openstack_words.journal(["a", "b; rm"], 1234.9, run) == lines
    ((command, options),) = asked
    assert command[-4:] == ["--since=@1234", "--lines=400", "--unit=a", "--unit=b; rm"]
    assert options["python_shell"] is False
    assert options["timeout"] == openstack_words.JOURNAL_TIMEOUT


CONF = """
[DEFAULT]
transport_url = rabbit://glance:m%40q@db-node:5672/
[database]
connection = mysql+pymysql://glance:p%40ss%2Fword@db-node/glance
[keystone_authtoken]
password = k$$y
[other]
url = http://someone:s0meone@host/
debug = true
"""
PILLAR = {
    "glance": {"database": {"password": "p@ss/word"}, "tokens": {"secret": ["one1", {"x": "two2"}]}, "user": "me"}
}


@pytest.mark.parametrize(
    "said",
    [
        "Could not parse mysql+pymysql://glance:p%40ss%2Fword@db-node/glance",
        "Access denied, password p@ss/word",
        "rabbit said no to m@q and m%40q",
        "neither k$$y nor k$y is a key",
        "no route to http://someone:s0meone@host/",
        "one1 and two2",
        r"""{"message": "p@ss/word \"m@q\""}""",
    ],
)
def test_no_word_holds_a_secret(said):
    values = openstack_words.secrets([CONF], PILLAR)
    (found,) = openstack_words.masked([said], values)
    assert "***" in found
    for secret in ("p%40ss", "p@ss", "m@q", "m%40q", "k$$y", "k$y", "s0meone", "one1", "two2"):
        assert secret not in found


def test_what_is_no_secret_is_told():
    values = openstack_words.secrets([CONF], PILLAR)
    for said in ("glance of me at db-node: debug is true", "http://host:9292/v2 answers 503"):
        assert openstack_words.masked([said], values) == [said]


def test_who_logs_in_by_a_url_is_not_told_whoever_it_is():
    assert openstack_words.masked(["no mysql://a:b@c/d"], []) == ["no mysql://***@c/d"]
