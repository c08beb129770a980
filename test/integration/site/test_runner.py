"""The ``glance`` runner on a real master: who is in a site, what is wrong with it, what a script sees of it."""

import json
import subprocess
import sys

import pytest


def rows(ret, result="failed"):
    return [(row["host"], row["check"], row["detail"]) for row in ret.data["rows"] if row["result"] == result]


def test_hosts(salt_run):
    ret = salt_run.run("glance.hosts", site="zurich")
    assert ret.returncode == 0
    assert ret.data["all"] == ["site-auth", "site-db", "site-image"]
    assert ret.data["database"] == ["site-db"]
    assert ret.data["images"] == []


def test_unknown_site_lists_the_known_ones(salt_run):
    ret = salt_run.run("glance.hosts", site="oslo")
    assert ret.returncode == 1
    [(host, check, detail)] = rows(ret)
    assert (host, check) == ("-", "site")
    assert "glance:site: oslo" in detail
    assert "known sites: zurich" in detail
    assert salt_run.run("glance.hosts", site="oslo", strict=False).data["all"] == []
    assert salt_run.run("glance.sites").data == ["zurich"]


def test_a_pillar_counts_as_soon_as_it_is_written(salt_run, sound_site):
    sound_site("site-auth", "api")
    ret = salt_run.run("glance.hosts", site="zurich")
    assert ret.returncode == 1
    [(host, check, detail)] = rows(ret)
    assert (host, check) == ("-", "role identity")
    assert "glance:external_roles" in detail


def test_two_hosts_in_a_role_for_one(salt_run, sound_site):
    sound_site("site-auth", "identity, database")
    [(_, check, detail)] = rows(salt_run.run("glance.hosts", site="zurich"))
    assert check == "role database"
    assert "site-auth and site-db" in detail


def test_a_pillar_that_does_not_render_is_named(salt_run, sound_site):
    sound_site("site-auth", "glance: {{ nothing.there }}\n")
    ret = salt_run.run("glance.hosts", site="zurich")
    assert ret.returncode == 1
    assert [(host, check) for host, check, _ in rows(ret, "not checked")] == [("site-auth", "pillar")]
    assert [check for _, check, _ in rows(ret)] == ["role identity"]


def test_a_minion_that_is_down_is_named(salt_run, sound_site, site_minions):
    with site_minions["site-auth"].stopped():
        ret = salt_run.run("glance.preflight", site="zurich")
    assert ret.returncode == 1
    assert [host for host, check, _ in rows(ret) if check == "answers"] == ["site-auth"]
    assert {host for host, check, _ in rows(ret, "ok") if check == "answers"} == {"site-db", "site-image"}


@pytest.mark.parametrize("out", ["json", "table"])
def test_output(site_master, salt_run, out):
    """``--out=json`` is data and nothing else; without it there is a table, without colours into a pipe."""
    arguments = ["--out=json"] if out == "json" else []
    ret = _plainly(site_master, "glance.preflight", "site=oslo", *arguments)
    assert ret.returncode == 1
    if out == "json":
        found = json.loads(ret.stdout)
        assert found["failed"] == 1
        assert found["site"] == "oslo"
    else:
        head, row, _, summary = ret.stdout.splitlines()
        assert head.split() == ["Host", "Check", "Result", "Detail"]
        assert row.split()[:3] == ["-", "site", "failed"]
        assert summary.startswith("preflight of site oslo: 0 ok, 1 failed")
        assert "\x1b" not in ret.stdout


@pytest.mark.parametrize("test", [True, False])
def test_a_step_of_an_orchestration(salt_run, test):
    """Fails in both modes, with the failed rows as its comment: nothing may be planned for a site that cannot be."""
    ret = salt_run.run("state.orchestrate", "preflight-oslo", test=test)
    assert ret.returncode == 1
    found = next(iter(ret.data["data"].values()))
    assert isinstance(found, dict), found
    [step] = found.values()
    assert step["result"] is False
    assert step["changes"] == {}
    assert "known sites: zurich" in step["comment"]


def test_a_host_says_what_its_pillar_lacks(salt_run):
    ret = salt_run.run("glance.preflight", site="zurich")
    assert ret.returncode == 1
    found = [(host, detail) for host, check, detail in rows(ret) if check == "pillar"]
    assert {host for host, _ in found} == {"site-auth", "site-db", "site-image"}
    assert any("glance:database:host" in detail for _, detail in found)


def test_no_secret_in_any_answer(site_master, salt_run):
    ret = _plainly(site_master, "glance.preflight", "site=zurich", "--out=json", "-l", "debug")
    assert ret.stdout
    assert "S3cr3t-of-the-test" not in ret.stdout + ret.stderr


def _plainly(master, *arguments):
    """``salt-run`` as an operator types it, without what the test's own client adds."""
    command = [sys.executable, "-c", "from salt.scripts import salt_run; salt_run()", "-c", master.config_dir]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=120, check=False)
