import json
import urllib.parse

import pytest
from lab import host, provision, sources, topology

ARCHIVE = sources.Archive("https://deb.debian.org/debian", None)


@pytest.fixture(autouse=True)
def plain_host(monkeypatch):
    """A host with nothing of its own."""
    monkeypatch.setattr(host, "apt_options", lambda: [])
    monkeypatch.setattr(host, "extra_certificates", lambda: {})
    monkeypatch.setattr(host, "pip_index", lambda: {})


def plan(**more):
    return topology.Plan(
        suite="trixie",
        sites=2,
        image_nodes=1,
        members=topology.members(2),
        repo="/checkout",
        base="/base",
        cgroup="g",
        secrets=provision.new_secrets(),
        **more,
    )


def files(name, **more):
    one = plan(**more)
    member = next(m for m in one.members if m.name == name)
    return provision.files(member, one, ARCHIVE)


@pytest.mark.parametrize("attempt", range(50))
def test_a_password_must_be_quoted_in_a_url_and_is_no_option(attempt):
    word = provision.password()
    assert len(word) == 24
    assert word[0].isalnum()
    assert set("/@%") <= set(word)
    assert urllib.parse.quote(word, safe="") != word


def test_every_site_has_secrets_of_its_own():
    found = provision.new_secrets()
    words = [word for site in found.values() for word in site.values()]
    assert set(found) == set(topology.SITES)
    assert len(set(words)) == len(words)


def test_the_broker_s_password_has_no_slash():
    assert all("/" not in each["messaging"] and "@" in each["messaging"] for each in provision.new_secrets().values())


def test_the_master_alone_has_secrets_and_hides_them():
    secret = files("salt-master")["srv/pillar/lab_secrets.sls"]
    assert secret.mode == 0o600
    body = "\n".join(line for line in secret.text.splitlines() if not line.startswith("#"))
    assert set(json.loads(body)["lab_secrets"]["geneva"]) == set(provision.SECRETS)
    assert not [name for name in files("db-node") if "pillar" in name]


def test_a_users_pillar_comes_first():
    config = files("salt-master", pillar="/mine")["etc/salt/master.d/lab.conf"].text
    (line,) = [line for line in config.splitlines() if line.startswith("pillar_roots")]
    roots = json.loads(line.split(": ", 1)[1])["base"]
    assert roots == [provision.USER_PILLAR, "/srv/pillar", "/srv/glance-formula/test/lab/pillar"]
    master = topology.members()[0]
    assert provision.binds(master, plan(pillar="/mine")) == [
        "--bind-ro=/checkout:/srv/glance-formula",
        f"--bind-ro=/mine:{provision.USER_PILLAR}",
    ]


def test_minions_see_nothing_of_the_host():
    assert provision.binds(topology.members()[1], plan(pillar="/mine")) == []


def test_a_minion_is_called_as_its_node_and_logs_as_told():
    found = files("auth-node", log_level="debug")
    assert found["etc/salt/minion_id"].text == "auth-node"
    assert "log_level_logfile: debug\n" in found["etc/salt/minion.d/lab.conf"].text
    assert "etc/systemd/system/multi-user.target.wants/salt-minion.service" in found
    assert "etc/systemd/system/multi-user.target.wants/salt-master.service" not in found


def test_the_proxy_is_the_only_way_to_packages():
    found = files("db-node")
    assert "https:" not in found["etc/apt/sources.list.d/debian.sources"].text
    assert f'Acquire::http::Proxy "{provision.PROXY}";' in found["etc/apt/apt.conf.d/80lab"].text
    assert f"proxy = {provision.PROXY}\n" in found["etc/pip.conf"].text


def test_extra_certificates_are_added_to_the_bases_own(monkeypatch, tmp_path):
    bundle = tmp_path / "etc/ssl/certs/ca-certificates.crt"
    bundle.parent.mkdir(parents=True)
    bundle.write_text("DEBIAN\n", encoding="utf-8")
    monkeypatch.setattr(host, "extra_certificates", lambda: {"mine/own.crt": "OWN\n"})
    one = topology.Plan(
        suite="trixie", sites=1, image_nodes=1, members=topology.members(), repo="/r", base=str(tmp_path), cgroup="g"
    )
    found = provision.files(one.members[1], one, ARCHIVE)
    assert found["etc/ssl/certs/ca-certificates.crt"].text == "DEBIAN\nOWN\n"
    assert found["usr/local/share/ca-certificates/mine/own.crt"].text == "OWN\n"


def test_files_are_written_with_their_mode(tmp_path):
    provision.write(
        tmp_path,
        {
            "a/secret": provision.File("text", 0o600),
            "a/open": provision.File("text"),
            "b/link": provision.File(link="/x"),
        },
    )
    assert (tmp_path / "a/secret").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a/open").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "b/link").readlink().as_posix() == "/x"
