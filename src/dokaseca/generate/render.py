"""An Application from the template and one parameter set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dokaseca.generate import interpolate, strategic_merge, yaml_text
from dokaseca.generate.templates.engine import Engine, Params
from dokaseca.model import application_set as application_sets
from dokaseca.model.application_set import View
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

ApplicationOf = Callable[[Params], Manifest]

_TEMPLATE_METADATA = ("name", "labels", "annotations", "finalizers")  # `namespace` is the ApplicationSet's, always


def merged_template(override: Any, base: Mapping[str, Any]) -> dict[str, Any]:
    """A generator's `template` over `spec.template`: what it leaves empty is filled, lists are not joined.

    Raises:
        UserError: the override is no mapping.
    """
    if override is None:
        return dict(base)
    if not isinstance(override, dict):
        raise UserError("a generator's template must be a mapping", reason="InvalidGenerator")
    return _filled(override, base)


def _filled(override: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(override)
    for key, value in base.items():
        present = result.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            result[key] = _filled(present, value)
        elif not present:
            result[key] = value
    return result


def compile_template(view: View, template: Mapping[str, Any], engine: Engine) -> ApplicationOf:
    """A function from parameters to Applications; the template is parsed once.

    Raises:
        UserError: a string of the template is no template. The function raises it when one cannot be executed.
    """
    skeleton = _skeleton(template)
    filler = interpolate.compile_value(skeleton, engine)
    namespace = view.namespace

    def render(params: Params) -> Manifest:
        application = filler(params) if filler and params else skeleton
        if params and not view.preserve_resources_on_deletion:
            application = _with_finalizer(application)
        if view.template_patch is not None:
            application = _patched(application, engine.render(view.template_patch, params))
        metadata = {**application["metadata"], "namespace": namespace}
        return {**application, "metadata": metadata}

    return render


def _skeleton(template: Mapping[str, Any]) -> Manifest:
    metadata = template.get("metadata") or {}
    spec = template.get("spec") or {}
    if not isinstance(metadata, dict) or not isinstance(spec, dict):
        raise UserError("spec.template.metadata and spec.template.spec must be mappings", reason="InvalidTemplate")
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {name: metadata[name] for name in _TEMPLATE_METADATA if metadata.get(name)},
        "spec": spec,
    }


def _with_finalizer(application: Manifest) -> Manifest:
    metadata = application["metadata"]
    if metadata.get("finalizers"):
        return application
    return {**application, "metadata": {**metadata, "finalizers": [application_sets.FINALIZER]}}


def _patched(application: Manifest, text: str) -> Manifest:
    """The Application after `templatePatch`; its project stays what the template says."""
    patch = yaml_text.first(text, subject="templatePatch")
    if patch is None:
        return application
    if not isinstance(patch, dict):
        raise UserError("error while unmarshalling templatePatch: it must be a mapping", reason="InvalidTemplatePatch")
    for field in ("metadata", "spec"):
        if patch.get(field) is not None and not isinstance(patch[field], dict):
            raise UserError(f"templatePatch: {field} must be a mapping", reason="InvalidTemplatePatch")
    patched = strategic_merge.apply(application, patch)
    spec = dict(patched.get("spec") or {})
    project = (application.get("spec") or {}).get("project")
    spec.pop("project", None)
    if project is not None:
        spec["project"] = project
    return {
        **patched,
        "apiVersion": application["apiVersion"],
        "kind": application["kind"],
        "metadata": patched.get("metadata") or {},
        "spec": spec,
    }
