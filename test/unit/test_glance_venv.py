"""Glance from a virtual environment: what it consists of, what is refused, what a host is asked."""

import json
import pathlib
import re

import glance_host
import glance_options
import glance_releases
import glance_report
import glance_rules
import glance_schema
import glance_venv
import glance_venv_checks
import openstack_pip
import pytest
import yaml
from openstack_errors import Invalid, OpenStackError

REPO = pathlib.Path(__file__).resolve().parents[2]


def load(name):
    return yaml.safe_load((REPO / name).read_text(encoding="utf-8"))


SCHEMA, RELEASES = load("glance/schema.yaml"), load("glance/releases.yaml")
REGISTRY = json.loads((REPO / "glance" / "options.json").read_text(encoding="utf-8"))
CONSTRAINTS = REPO / "glance" / "constraints"
WITH = [each["codename"] for each in glance_releases.all_of(RELEASES) if each["venv"]]
PILLAR = {"install": "venv", "database": {"host": "db"}, "identity": {"auth_url": "http://auth:5000"}}
RBD = {"stores": {"backends": {"far": {"type": "rbd", "user": "glance"}}}}
CINDER = {
    "type": "cinder",
    "auth_url": "http://auth:5000/v3",
    "user": "glance",
    "password": "x",
    "project": "service",
    "volume_type": "images",
}


class Minion:
    def __init__(self, release="hibiscus", family="Debian", **more):
        self.pillar = {**PILLAR, "release": release, **more}
        assert glance_schema.problems(SCHEMA, self.pillar) == []
        self.settings = glance_schema.complete(SCHEMA, self.pillar)
        self.known = glance_options.Known(RELEASES, REGISTRY, glance_releases.resolve(release, RELEASES))
        self.system = glance_host.system_of(load(f"glance/os/{family}.yaml"), self.known.release["glance"])

    def api(self):
        arguments = self.settings, self.pillar, SCHEMA, self.known, self.system
        return glance_host.api(*arguments, "image-node", REGISTRY["flavors"])

    def problems(self):
        return glance_rules.problems(self.settings, self.pillar, SCHEMA, self.known, ["api"], RELEASES)


def test_each_release_that_has_one_has_its_list_and_no_other():
    assert sorted(WITH) == sorted(path.stem for path in CONSTRAINTS.iterdir())
    by_name = {each["codename"]: each for each in RELEASES["releases"]}
    assert all("venv" in by_name[codename] for codename in WITH), "one release's list is not the next one's"


@pytest.mark.parametrize("codename", WITH)
def test_the_list_has_glance_of_the_release_and_what_it_is_run_with(codename):
    pins = openstack_pip.pins((CONSTRAINTS / f"{codename}.txt").read_text(encoding="utf-8"))
    release = glance_releases.resolve(codename, RELEASES)
    assert pins["glance"].split(".")[0] == str(release["glance"])
    # the driver of the database, of memcached, uWSGI, and of stores that are not refused
    assert {"pymysql", "python-memcached", "pyuwsgi", "boto3", "python-swiftclient", "oslo-vmware"} <= set(pins)
    assert not {"keystone", "os-brick", "pip"} & set(pins)


@pytest.mark.parametrize("family", ["Debian", "RedHat"])
def test_what_there_is_with_a_virtual_environment(family):
    minion = Minion(family=family, venv={"directory": "/srv/glance", "python": "/usr/bin/python3.12"})
    assert minion.problems() == []
    api = minion.api()
    venv = api["venv"]
    assert (venv["directory"], venv["python"]) == ("/srv/glance", "/usr/bin/python3.12")
    assert venv["requirements"] == "salt://glance/constraints/hibiscus.txt"
    assert (venv["index_pillar"], venv["proxy"], api["package"]) == (None, None, None)
    assert not set(api["packages"]) & set(venv["replaces"])
    assert any("qemu" in package for package in api["packages"])
    files = {pathlib.PurePath(each["name"]).name: each for each in api["files"]}
    assert files["glance-api-paste.ini"]["base"] == "/srv/glance/etc/glance/glance-api-paste.ini"
    assert files["glance-api.conf"]["validate"]["programs"] == "/srv/glance/bin"
    assert {timer["command"].split("/glance-")[0] for timer in api["timers"]} == {"/srv/glance/bin"}
    assert venv["context"]["command"] == "/srv/glance/bin/uwsgi --ini /etc/glance/glance-api-uwsgi.ini"


def test_what_there_is_with_packages():
    api = Minion(install="packages").api()
    assert (api["venv"], api["package"]) == (None, "glance-api")
    assert {timer["command"].split("/glance-")[0] for timer in api["timers"]} == {"/usr/bin"}
    files = {pathlib.PurePath(each["name"]).name: each for each in api["files"]}
    assert files["glance-api-uwsgi.ini"]["purge"] is False
    assert "glance-api-paste.ini" not in files
    assert "programs" not in files["glance-api.conf"]["validate"]


def test_uwsgi_listens_where_pillar_says_and_takes_its_options():
    api = {"bind_host": "fd00::1", "bind_port": 9393, "workers": 3, "uwsgi": {"threads": 8, "stats": "127.0.0.1:1"}}
    [file] = [each for each in Minion(api=api).api()["files"] if each["name"].endswith("uwsgi.ini")]
    options = file["options"]["uwsgi"]
    assert file["purge"] is True
    assert (options["http-socket"], options["processes"]) == ("[fd00::1]:9393", "3")
    assert (options["threads"], options["stats"], options["master"]) == ("8", "127.0.0.1:1", "true")


def test_an_index_with_a_password_is_a_reference():
    minion = Minion(venv={"index_url": "https://user:s3cr3t@index/simple", "proxy": "http://proxy:3128"})
    assert minion.api()["venv"]["index_pillar"] == "glance:venv:index_url"
    assert "s3cr3t" not in json.dumps([minion.settings, minion.api()])


@pytest.mark.parametrize(
    "codename", [each["codename"] for each in RELEASES["releases"] if each["codename"] not in WITH]
)
def test_a_release_without_a_list_is_refused(codename):
    found = [line for line in Minion(release=codename).problems() if line.startswith("glance:install")]
    assert len(found) == 1
    assert f"no glance/constraints/{codename}.txt" in found[0]
    assert not [line for line in Minion(release=codename, install="packages").problems() if "install" in line]


@pytest.mark.parametrize("backend", [RBD["stores"]["backends"]["far"], CINDER])
def test_a_store_whose_libraries_are_not_there_is_refused(backend):
    stores = {"stores": {"backends": {"far": backend}}}
    [line] = [line for line in Minion(**stores).problems() if "install: packages" in line]
    assert line.startswith(f"glance:stores:backends:far:type: {backend['type']} needs install: packages")
    assert not [line for line in Minion(install="packages", **stores).problems() if "install: packages" in line]


def test_what_the_files_hold():
    """The templates use nothing but the context, and have the mark by which they are known again."""
    context = Minion().api()["venv"]["context"]
    for file in glance_venv.files(Minion().system):
        text = (REPO / "glance" / "files" / file["template"]).read_text(encoding="utf-8")
        assert set(re.findall(r"\{\{ (\w+) \}\}", text)) <= set(context)
        assert text.startswith("# {{ mark }}\n")


# pip


def test_pins():
    text = "# a list\noslo.config==10.7.0\nFlask_Thing == 1.0.post1  # why\n\n"
    assert openstack_pip.pins(text) == {"oslo-config": "10.7.0", "flask-thing": "1.0.post1"}


@pytest.mark.parametrize(
    "line", ["glance", "glance>=33", "glance==33; python_version < '3'", "-r other", "git+https://x/y"]
)
def test_what_is_no_pin(line):
    with pytest.raises(Invalid, match=r"extra, line 2: it must be NAME==VERSION"):
        openstack_pip.pins(f"one==1\n{line}", "extra")


def test_an_error_of_pip_without_a_password():
    stderr = "\n".join(
        [
            "WARNING: Location 'file:///x' is ignored: it is neither a file nor a directory.",
            "WARNING: Retrying after connection broken by 'ProxyError' : https://user:s3cr3t@index/simple/glance/",
            "ERROR: Ignored the following versions that require a different python version: 1",
            "ERROR: Could not find a version that satisfies the requirement glance==33.0.0 (from versions: none)",
            "ERROR: No matching distribution found for glance==33.0.0",
        ]
    )
    text = openstack_pip.problem({"stdout": "Looking in indexes: https://user:****@index", "stderr": stderr})
    assert text.startswith("WARNING: Retrying after connection broken")
    assert text.endswith("ERROR: No matching distribution found for glance==33.0.0")
    assert "s3cr3t" not in text
    assert openstack_pip.problem({"stdout": "", "stderr": ""}) == "it said nothing"


def test_the_environment_of_pip():
    found = openstack_pip.environment("https://user:s3cr3t@index/simple", "http://proxy:3128")
    assert (found["PIP_INDEX_URL"], found["PIP_PROXY"]) == ("https://user:s3cr3t@index/simple", "http://proxy:3128")
    assert not {"PIP_INDEX_URL", "PIP_PROXY"} & set(openstack_pip.environment())


# what a host is asked


class Host(dict):
    """Stands in for ``__salt__``."""

    def __init__(self, version="3.13", makes=True, fetches=None, installed=()):
        wanted = {"glance": "33.0.0", "webob": "1.8.11"}
        there = {"distributions": {**wanted, **dict(installed)}} if installed is not None else None

        def fetch(*args, **kwargs):
            if fetches:
                raise OpenStackError(fetches)

        super().__init__(
            {
                "openstack_venv.interpreter": lambda python: version,
                "openstack_venv.makes": lambda python: makes,
                "openstack_venv.wanted": lambda requirements, extra: wanted,
                "openstack_venv.fetches": fetch,
                "openstack_venv.status": lambda name: there,
            }
        )


def asked(function, host, *more):
    rows = glance_report.Rows("image-node")
    api = Minion().api()
    function(rows, {"api": api, "release": Minion().known.release}, host, *more)
    return {row["check"]: (row["result"], row["detail"]) for row in rows}


def test_preflight_of_a_sound_host():
    rows = asked(glance_venv_checks.preflight, Host(), False)
    assert {result for result, _ in rows.values()} == {"ok"}
    assert rows["package index"][1] == "has glance==33.0.0 for Python 3.13"


@pytest.mark.parametrize(
    ("host", "strict", "check", "result", "words"),
    [
        (
            Host(version=None),
            False,
            "Python of Glance",
            "failed",
            "no /usr/bin/python3: install it, or set glance:venv",
        ),
        (Host(version="3.9"), False, "Python of Glance", "failed", "is 3.9, hibiscus is for 3.11 to 3.14"),
        (Host(makes=False), False, "virtual environments", "not checked", "glance.api installs it"),
        (Host(makes=False), True, "virtual environments", "failed", "python3-venv"),
        (Host(fetches="no such host"), False, "package index", "failed", "no such host"),
    ],
)
def test_preflight_says_what_is_wrong(host, strict, check, result, words):
    found = asked(glance_venv_checks.preflight, host, strict)[check]
    assert found[0] == result
    assert words in found[1]


@pytest.mark.parametrize(
    ("installed", "result", "words"),
    [
        ((), "ok", "Glance 33.0.0 of hibiscus, 2 distributions as listed"),
        ([("webob", "1.0")], "failed", "other versions than pillar's of webob"),
        ([("odd", "1.0")], "failed", "odd"),
        (None, "failed", "no Glance in it: state.apply glance.api"),
    ],
)
def test_status(installed, result, words):
    found = asked(glance_venv_checks.status, Host(installed=installed))["environment /opt/glance"]
    assert found[0] == result
    assert words in found[1]
