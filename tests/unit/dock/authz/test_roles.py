"""Decisions, as roles and bindings come, change and go."""

import pytest

from dokaseca.dock.authn import Identity
from dokaseca.dock.authz import roles
from dokaseca.dock.authz.attributes import Attributes
from dokaseca.dock.authz.roles import Decision, Roles
from dokaseca.dock.store.objects import Store
from dokaseca.dock.store.storage import MemoryStorage

READ = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
JANE = {"kind": "User", "name": "jane"}


@pytest.fixture
def store():
    return Store(MemoryStorage())


def role(store, name, *rules, namespace=""):
    table, kind = (roles.ROLES, "Role") if namespace else (roles.CLUSTER_ROLES, "ClusterRole")
    return store.put(table, {"kind": kind, "metadata": meta(name, namespace), "rules": list(rules)})


def bind(store, name, of, *subjects, namespace="", kind="ClusterRole"):
    table = roles.ROLE_BINDINGS if namespace else roles.CLUSTER_ROLE_BINDINGS
    binding = {"metadata": meta(name, namespace), "roleRef": {"kind": kind, "name": of}, "subjects": list(subjects)}
    return store.put(table, binding)


def meta(name, namespace):
    return {"name": name, "uid": f"{namespace}/{name}", **({"namespace": namespace} if namespace else {})}


def asked(namespace="a"):
    return Attributes("get", "", "pods", namespace=namespace, name="x")


def test_masters_may_everything_and_others_nothing(store):
    found = Roles(store)
    assert found.authorize(Identity("x", ("system:masters",)), asked()) == Decision(True)
    assert found.authorize(Identity("jane", ("dev",)), asked()) == Decision(False)


def test_a_cluster_binding_holds_everywhere_and_a_binding_in_its_namespace(store):
    found = Roles(store)
    role(store, "reader", READ)
    bind(store, "one", "reader", JANE, namespace="a")
    jane = Identity("jane")
    reason = 'RBAC: allowed by RoleBinding "one/a" of ClusterRole "reader" to User "jane"'
    assert found.authorize(jane, asked("a")) == Decision(True, reason)
    assert not found.authorize(jane, asked("b")).allowed
    assert not found.authorize(jane, asked("")).allowed
    bind(store, "all", "reader", {"kind": "Group", "name": "dev"})
    everywhere = found.authorize(Identity("joe", ("dev",)), asked(""))
    assert everywhere.reason == 'RBAC: allowed by ClusterRoleBinding "all" of ClusterRole "reader" to Group "dev"'


def test_a_group_is_no_user_of_that_name(store):
    found = Roles(store)
    role(store, "reader", READ)
    bind(store, "one", "reader", {"kind": "Group", "name": "jane"})
    assert not found.authorize(Identity("jane"), asked()).allowed


def test_accounts_are_bound_by_namespace_and_name(store):
    role(store, "reader", READ, namespace="a")
    account = {"kind": "ServiceAccount", "name": "ci", "namespace": "tools"}
    bind(store, "one", "reader", account, namespace="a", kind="Role")
    found = Roles(store)
    decision = found.authorize(Identity("system:serviceaccount:tools:ci"), asked())
    assert decision.reason == 'RBAC: allowed by RoleBinding "one/a" of Role "reader" to ServiceAccount "ci/tools"'
    assert not found.authorize(Identity("system:serviceaccount:a:ci"), asked()).allowed


def test_changes_hold_at_once(store):
    found = Roles(store)
    jane = Identity("jane")
    binding = bind(store, "one", "reader", JANE)
    missing = 'clusterrole.rbac.authorization.k8s.io "reader" not found'
    assert found.authorize(jane, asked()) == Decision(False, f"RBAC: {missing}")
    reader = role(store, "reader", READ)
    assert found.authorize(jane, asked()).allowed
    role(store, "reader", {**READ, "verbs": ["list"]})
    assert found.authorize(jane, asked()) == Decision(False)
    role(store, "reader", READ)
    bind(store, "one", "reader", {"kind": "User", "name": "joe"})
    assert not found.authorize(jane, asked()).allowed
    assert found.authorize(Identity("joe"), asked()).allowed
    store.remove(roles.CLUSTER_ROLE_BINDINGS, binding, {"metadata": meta("one", "")})
    assert not found.authorize(Identity("joe"), asked()).allowed
    bind(store, "one", "reader", JANE)
    store.remove(roles.CLUSTER_ROLES, reader, {"metadata": meta("reader", "")})
    bind(store, "two", "other", JANE, namespace="a", kind="Role")
    both = f'RBAC: [{missing}, role.rbac.authorization.k8s.io "other" not found]'
    assert found.authorize(jane, asked()).reason == both


def test_the_rules_of_a_user_are_listed_once_per_binding(store):
    found = Roles(store)
    role(store, "reader", READ)
    bind(store, "all", "reader", JANE, {"kind": "Group", "name": "dev"})
    bind(store, "one", "reader", JANE, namespace="a")
    bind(store, "bad", "gone", JANE)
    held, errors = found.rules_for(Identity("jane", ("dev",)), "a")
    assert [rule.document for rule in held] == [READ, READ]
    assert errors == 'clusterrole.rbac.authorization.k8s.io "gone" not found'
    assert len(found.rules_for(Identity("jane"), "")[0]) == 1


def test_other_tables_are_not_looked_at(store):
    found = Roles(store)
    store.put("pods", {"metadata": meta("x", "a")})
    assert not found.authorize(Identity("jane"), asked()).allowed
