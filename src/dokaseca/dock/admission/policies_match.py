"""Whether a request falls under `matchConstraints` or `matchResources` (apiserver's policy/matching)."""

from __future__ import annotations

from typing import Any

from dokaseca.dock import selectors
from dokaseca.dock.admission.policies_request import Namespaces, Request
from dokaseca.dock.resources import ResourceType
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def rules(match: dict[str, Any], of: ResourceType, request: Request, *, is_binding: bool) -> bool:
    """Whether a resource rule includes the request, seen as `of`, and none excludes it.

    Args:
        is_binding: a binding without rules includes everything that its policy does.
    """
    if any(_rule(rule, of, request) for rule in match.get("excludeResourceRules") or ()):
        return False
    included = match.get("resourceRules") or ()
    return (is_binding and not included) or any(_rule(rule, of, request) for rule in included)


def is_about(rule: dict[str, Any], of: ResourceType, subresource: str, operation: str) -> bool:
    """Whether a rule may include a request; only names are left to be asked."""
    return (
        _has(rule.get("operations"), operation)
        and _has(rule.get("apiGroups"), of.group)
        and _has(rule.get("apiVersions"), of.version)
        and _scope(rule.get("scope") or "*", of)
        and any(_resource(pattern, of.plural, subresource) for pattern in rule.get("resources") or ())
    )


def _rule(rule: dict[str, Any], of: ResourceType, request: Request) -> bool:
    names = rule.get("resourceNames") or ()
    return (not names or request.name in names) and is_about(rule, of, request.subresource, request.operation)


def _has(values: list[str] | None, wanted: str) -> bool:
    return "*" in (values or ()) or wanted in (values or ())


def _scope(scope: str, of: ResourceType) -> bool:
    """A Namespace counts as cluster-scoped."""
    return scope == "*" or (scope == "Namespaced") == of.namespaced


def _resource(pattern: str, plural: str, subresource: str) -> bool:
    resource, _, below = pattern.partition("/")
    return resource in ("*", plural) and (below == subresource or below == "*" or (not below and not subresource))


def objects(match: dict[str, Any], request: Request) -> bool:
    """Whether the object selector takes the object, as it is or as it would be."""
    wanted = match.get("objectSelector") or {}
    if not (wanted.get("matchLabels") or wanted.get("matchExpressions")):
        return True
    requirements = selectors.from_document(wanted)
    found = [one for one in (request.manifest, request.old) if one is not None]
    return any(selectors.matches(requirements, _labels(one)) for one in found)


def namespaces(match: dict[str, Any], request: Request, namespace_of: Namespaces) -> bool:
    """Whether the namespace selector takes the object's namespace; other cluster-scoped objects always pass."""
    wanted = match.get("namespaceSelector") or {}
    if not (wanted.get("matchLabels") or wanted.get("matchExpressions")):
        return True
    is_namespace = request.of.table == "namespaces"
    if not request.namespace and not is_namespace:
        return True
    found = (request.manifest or request.old) if is_namespace else namespace_of(request.namespace)
    return found is not None and selectors.matches(selectors.from_document(wanted), _labels(found))


def _labels(manifest: Manifest) -> dict[str, str]:
    labels: dict[str, str] = manifests.metadata(manifest).get("labels") or {}
    return labels
