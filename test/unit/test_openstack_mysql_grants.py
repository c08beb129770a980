"""Privileges as declared and as held, and the way from one to the other."""

import openstack_mysql_grants as grants
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Invalid
from openstack_mysql_grants import ALL, COLUMN, GLOBAL, GRANT_OPTION, SCHEMA, TABLE, Target

KNOWN = {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE TEMPORARY TABLES", "DELETE HISTORY", GRANT_OPTION}
MANY = KNOWN | {"CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "TRIGGER", "EXECUTE"}
ON_TABLES = {"SELECT", "INSERT", "UPDATE", "DELETE", "DELETE HISTORY", GRANT_OPTION}
ON_COLUMNS = {"SELECT", "INSERT", "UPDATE"}
KINDS = {SCHEMA: KNOWN, TABLE: ON_TABLES, COLUMN: ON_COLUMNS}

NAMES = st.sampled_from(["images", "im_ges", "`", "%s", "a\\_b", "ON x", "ü", "'"])
NONE = st.just("")  # said, since Hypothesis makes up what a type leaves open
TARGETS = st.one_of(
    st.builds(Target, st.just(SCHEMA), NAMES, NONE, NONE),
    st.builds(Target, st.just(TABLE), NAMES, NAMES, NONE),
    st.builds(Target, st.just(COLUMN), NAMES, NAMES, NAMES),
)
HELD = st.sets(TARGETS, max_size=4).flatmap(
    lambda targets: st.fixed_dictionaries(
        {target: st.sets(st.sampled_from(sorted(KINDS[target.kind])), min_size=1) for target in sorted(targets)}
    )
)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("Select_priv", "SELECT"),
        ("Create_tmp_table_priv", "CREATE TEMPORARY TABLES"),
        ("Lock_tables_priv", "LOCK TABLES"),
        ("Grant_priv", GRANT_OPTION),
        ("Delete_history_priv", "DELETE HISTORY"),
    ],
)
def test_columns_are_privileges(column, name):
    assert grants.of_schema_column(column) == name


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("", set()),
        ("Select,Create View,Grant", {"SELECT", "CREATE VIEW", GRANT_OPTION}),
        ("Delete versioning rows", {"DELETE HISTORY"}),
        ("Execute,Alter Routine", {"EXECUTE", "ALTER ROUTINE"}),
    ],
)
def test_sets_are_privileges(value, items):
    assert grants.of_set(value) == items


@pytest.mark.parametrize(
    ("names", "kind", "wanted"),
    [
        ([], SCHEMA, set()),
        ("usage", SCHEMA, set()),
        (["select", "SELECT"], SCHEMA, {"SELECT"}),
        (["create   temporary\ttables"], SCHEMA, {"CREATE TEMPORARY TABLES"}),
        (["delete versioning rows"], SCHEMA, {"DELETE HISTORY"}),
        (["ALL"], SCHEMA, KNOWN - {GRANT_OPTION}),
        (["all privileges", "grant option"], SCHEMA, KNOWN),
        ("glance runtime", SCHEMA, {"SELECT", "INSERT", "UPDATE", "DELETE"}),
        (["Glance Runtime", "delete history"], SCHEMA, {"SELECT", "INSERT", "UPDATE", "DELETE", "DELETE HISTORY"}),
        ("all", TABLE, ON_TABLES - {GRANT_OPTION}),
        ("all", COLUMN, ON_COLUMNS),
        ("glance runtime", COLUMN, ON_COLUMNS),
    ],
)
def test_ways_to_say_privileges(names, kind, wanted):
    assert grants.declared(names, kind, KNOWN) == wanted


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["FLY", "SELECT ON x.* TO y; --", "SELECT, INSERT", ""])
def test_only_names_that_the_server_has_reach_a_statement(name, kind):
    with pytest.raises(Invalid, match=f"no privilege on a {kind}"):
        grants.declared(["SELECT", name], kind, KNOWN)


@pytest.mark.parametrize("preset", grants.PRESETS)
def test_presets_are_privileges(preset):
    assert grants.declared(preset.lower(), SCHEMA, MANY) == set(grants.PRESETS[preset])


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_what_is_read_can_be_declared(kind, data):
    items = data.draw(st.sets(st.sampled_from(sorted(KINDS[kind]))))
    summary = grants.summary(items, kind, KNOWN)
    assert grants.declared(summary, kind, KNOWN) == items
    assert grants.summary(grants.declared(summary, kind, KNOWN), kind, KNOWN) == summary


@given(HELD, HELD)
def test_what_differs_looks_different(one, other):
    same = {key: value for key, value in one.items() if value} == {key: value for key, value in other.items() if value}
    assert (grants.shown(one, "images", KNOWN) == grants.shown(other, "images", KNOWN)) == same


class Account:
    """Takes grants and revokes as servers do."""

    def __init__(self, held):
        self.held = {target: set(items) for target, items in held.items()}

    def take(self, verb, target, items):
        mine = self.held.setdefault(target, set())
        if verb == "GRANT":
            mine |= items
            return
        assert items <= mine, "revokes what is not granted"
        mine -= items
        for column in self.held:
            if target.kind == TABLE and column.kind == COLUMN and column[1:3] == target[1:3]:
                self.held[column] -= items

    def now(self):
        return {target: items for target, items in self.held.items() if items}


@given(HELD, HELD)
def test_the_steps_lead_from_any_grants_to_any_other(held, goal):
    account = Account(held)
    for verb, target, items in grants.steps(held, goal):
        account.take(verb, target, items)
    assert account.now() == goal


@given(HELD, HELD)
def test_nothing_that_is_kept_is_lost_on_the_way(held, goal):
    """Save on columns of a table that loses the same privilege, for the moment between two statements."""
    account = Account(held)
    kept = {target: held[target] & goal[target] for target in set(held) & set(goal) if target.kind != COLUMN}
    for verb, target, items in grants.steps(held, goal):
        account.take(verb, target, items)
        assert all(items <= account.held[target] for target, items in kept.items())


def test_privileges_on_everything_are_revoked_one_by_one():
    sent = grants.steps({Target(GLOBAL): {"SELECT", "SUPER", GRANT_OPTION}}, {Target(SCHEMA, "s"): {"SELECT"}})
    assert [(verb, target.kind, items) for verb, target, items in sent] == [
        ("GRANT", SCHEMA, {"SELECT"}),
        ("REVOKE", GLOBAL, {"SELECT"}),
        ("REVOKE", GLOBAL, {"SUPER"}),
        ("REVOKE", GLOBAL, {GRANT_OPTION}),
    ]


@given(HELD)
def test_nothing_is_sent_when_nothing_differs(held):
    assert grants.steps(held, held) == []


@given(TARGETS, st.sampled_from(["GRANT", "REVOKE"]))
def test_a_statement_names_its_target_and_nothing_else(target, verb):
    sent = grants.statement(verb, target, {"SELECT", "UPDATE"}) % ("'u'", "'h'")
    names = [name for name in (target.schema, target.name, target.column) if name]
    outside = sent
    for name in sorted(names, key=len, reverse=True):
        outside = outside.replace("`" + name.replace("`", "``") + "`", "N")
    where = {SCHEMA: "N.*", TABLE: "N.N", COLUMN: "N.N"}[target.kind]
    items = "SELECT (N), UPDATE (N)" if target.kind == COLUMN else "SELECT, UPDATE"
    assert outside == f"{verb} {items} ON {where} {'TO' if verb == 'GRANT' else 'FROM'} 'u'@'h'"


# --- what belongs to a schema

HOLDS = {
    Target(GLOBAL): {"PROCESS"},
    Target(SCHEMA, "gl\\_db"): {"SELECT"},
    Target(SCHEMA, "gl_db"): {"INSERT"},
    Target(SCHEMA, "gl%"): {"UPDATE"},
    Target(TABLE, "gl_db", "t"): {"DELETE"},
    Target(TABLE, "glxdb", "t"): {"DELETE"},
    Target(COLUMN, "gl_db", "t", "c"): {"UPDATE"},
    Target("PROCEDURE", "gl_db", "p"): {"EXECUTE"},
}


def test_a_schemas_own():
    assert grants.shown(grants.within(HOLDS, "gl_db"), "gl_db", KNOWN) == [
        "EXECUTE ON PROCEDURE `p`",
        "UPDATE (`c`) ON `t`",
        "SELECT",
        "INSERT ON PATTERN `gl_db`",
        "DELETE ON `t`",
    ]


def test_elsewhere_too():
    shown = grants.shown(grants.within(HOLDS, "gl_db", elsewhere=True), "gl_db", KNOWN)
    assert {"PROCESS ON *.*", "UPDATE ON `gl%`.*", "DELETE ON `glxdb`.`t`"} <= set(shown)
    assert len(shown) == len(HOLDS)


def test_a_name_with_a_backslash_is_not_the_pattern_that_is_spelled_like_it():
    assert grants.within({Target(SCHEMA, "gl\\_db"): {"SELECT"}}, "gl\\_db") == {}


@given(NAMES)
def test_what_is_wanted_of_a_schema_is_within_it(name):
    goal = grants.wanted(name, ["SELECT"], {name: ["ALL"]}, {name: {name: ["UPDATE"]}}, KNOWN)
    assert grants.within(goal, name) == goal
    assert len(goal) == 3


def test_what_grants_nothing_is_not_wanted():
    assert grants.wanted("s", [], {"t": []}, {"t": {"c": "usage"}}, KNOWN) == {}


@pytest.mark.parametrize(("tables", "columns"), [(["t"], None), (None, {"t": ["c"]}), ("t", None)])
def test_tables_and_columns_are_mappings(tables, columns):
    with pytest.raises(Invalid, match="must be a mapping"):
        grants.wanted("s", [], tables, columns, KNOWN)


def test_all_of_a_table():
    assert grants.shown({Target(TABLE, "s", "t"): ON_TABLES}, "s", KNOWN) == [f"{ALL} ON `t`", f"{GRANT_OPTION} ON `t`"]
