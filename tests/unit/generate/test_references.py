"""Which parameters a template text names."""

from __future__ import annotations

import pytest

from dokaseca.generate import references
from dokaseca.generate.references import Reference


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("plain", []),
        ("{{name}}", ["name"]),
        ("a-{{ metadata.labels.team.io/name }}-{{values.x}}", ["metadata.labels.team.io/name", "values.x"]),
        ("{{ }}", []),
        ("{{ open\n}}", []),
        ("{{path[0]}}", ["path[0]"]),
    ],
)
def test_names_in_a_text_of_the_simple_engine(text, names):
    assert [one.name for one in references.of_text(text, is_go=False)] == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("plain", []),
        ("{{ .name }}", ["name"]),
        ("{{.a.b}}-{{- .c -}}", ["a.b", "c"]),
        ("{{ default .a .b | upper }}", ["a", "b"]),
        ('{{ index .metadata.labels "team.io/name" }}', ["metadata.labels.team.io/name"]),
        ('{{ index .a "b" "c" }}', ["a.b.c"]),
        ("{{ index .path.segments 1 }}", ["path.segments"]),
        ("{{ $x := .a.b }}{{ $x.c }}{{ $.d }}", ["a.b", "d"]),
        ('{{ if and .a (eq .b "x.y.z") }}{{ `.raw` }}{{ end }}', ["a", "b"]),
        ("{{/* .comment */}}{{ .a }}", ["a"]),
        ('{{ "}}" }}{{ .a }}', ["a"]),
        ("{{ (index .list 0).field }}", ["list"]),
        ('{{ printf "%.2f" 1.5 }}', []),
        ("{{ .", []),
    ],
)
def test_names_in_a_go_template(text, names):
    assert [one.name for one in references.of_text(text, is_go=True)] == names


def test_a_reference_tells_the_action_and_the_label_or_annotation_that_it_reads():
    label, annotation, other = references.of_text(
        "{{metadata.labels.region}}/{{ metadata.annotations.url }}/{{name}}", is_go=False
    )
    assert label == Reference("metadata.labels.region", "{{metadata.labels.region}}")
    assert (label.label_or_none, label.annotation_or_none) == ("region", None)
    assert (annotation.annotation_or_none, annotation.text) == ("url", "{{ metadata.annotations.url }}")
    assert (other.label_or_none, other.annotation_or_none) == (None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("metadata.labels.a", "flat"),
        ("values.chart", "web"),
        ("values.a.b", "dotted key"),
        ("list.1.x", 2),
        ("list.5", None),
        ("values.none", None),
        ("name.deeper", None),
        ("values", {"chart": "web", "a.b": "dotted key"}),
    ],
)
def test_the_value_of_a_name(name, value):
    params = {
        "metadata.labels.a": "flat",
        "name": "x",
        "values": {"chart": "web", "a.b": "dotted key"},
        "list": [1, {"x": 2}],
    }
    assert references.value_or_none(name, params) == value


def test_texts_of_a_structure_with_their_paths():
    value = {"a": ["x", {"b": "y"}, 1], "{{key}}": "z"}
    assert list(references.texts(value)) == [
        (("a", 0), "x"),
        (("a", 1, "b"), "y"),
        (("{{key}}",), "{{key}}"),
        (("{{key}}",), "z"),
    ]
    deep: object = "bottom"
    for _ in range(200):
        deep = [deep]
    assert list(references.texts(deep)) == []
