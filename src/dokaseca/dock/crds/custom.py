"""A custom object against everything that its definition says: schema first, rules when the schema holds."""

from __future__ import annotations

from typing import Any

from dokaseca.dock.admission.fields import Errors
from dokaseca.dock.crds import rules, validation
from dokaseca.dock.crds.served import Version
from dokaseca.dock.status_error import Cause
from dokaseca.model.manifest import Manifest

# Rules are written for values of the declared shape: with one of these wrong, they are not asked at all.
_BLOCKING = frozenset({"FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"})
_UNCHECKED = "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"  # noqa: E501 - the server's sentence


def check(manifest: Manifest, old: Manifest | None, version: Version, errors: Errors) -> list[str]:
    """Report what is wrong with `manifest`, given the object that it replaces.

    Returns:
        Warnings: rules that were broken before, in parts that did not change.
    """
    before: Any = validation.UNKNOWN if old is None else old
    validation.check(manifest, version.schema, "", errors, before)
    if version.rules is None:
        return []
    if any(cause.reason in _BLOCKING for cause in errors.causes):
        errors.causes.append(Cause("FieldValueInvalid", _UNCHECKED, rules.ROOT))
        return []
    verdict = rules.Verdict(errors)
    verdict.judge(version.rules, manifest, rules.MISSING if old is None else old)
    return verdict.warnings
