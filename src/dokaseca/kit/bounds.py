"""Every limit on size, depth, count and time, by name: one place to see what the product refuses."""

from __future__ import annotations

from typing import Final

YAML_DOCUMENT_BYTES: Final = 16 * 1024 * 1024  # the largest CRD bundles in the wild are about 8 MB
YAML_DEPTH: Final = 100  # nested deeper than any Kubernetes object; Python's own limit is near
YAML_ALIASES: Final = 10_000  # expanded nodes that come from aliases: stops "billion laughs"
REQUEST_BODY_BYTES: Final = 3 * 1024 * 1024  # what kube-apiserver accepts
OBJECT_BYTES: Final = 1_572_864  # what etcd accepts for one object
JSON_DEPTH: Final = 200  # nested deeper than any object or CRD schema
MANIFESTS_PER_APPLICATION: Final = 20_000  # above the largest bundles; a loop in a template hits it first
DIRECTORY_SOURCE_BYTES: Final = 10 * 1024 * 1024  # Argo CD: reposerver.max.combined.directory.manifests.size
DIRECTORY_SOURCE_LIMIT_BYTES: Final = 128 * 1024 * 1024  # the most that this setting may allow
CHART_ARCHIVE_BYTES: Final = 64 * 1024 * 1024  # packed; Argo CD allows 1 GiB unpacked
CHART_UNPACKED_BYTES: Final = 256 * 1024 * 1024
CHART_INDEX_BYTES: Final = 128 * 1024 * 1024  # the largest public index.yaml is about 60 MB
OCI_MANIFEST_BYTES: Final = 4 * 1024 * 1024  # what the OCI distribution specification asks registries to take
OCI_TAGS_BYTES: Final = 8 * 1024 * 1024  # one page of tags: 60,000 of the longest
TEMPLATE_OUTPUT_BYTES: Final = 4 * 1024 * 1024  # one ApplicationSet template string, rendered
TEMPLATE_STEPS: Final = 1_000_000  # loop turns and function calls of one template
GENERATED_APPLICATIONS: Final = 20_000  # of one ApplicationSet
RENDER_SECONDS: Final = 60.0  # Argo CD: repo-server RPC timeout
RENDER_MEMORY_BYTES: Final = 3 * 2**29  # of one Kustomize child; the largest overlays in the wild take a tenth
TREE_ENTRIES: Final = 250_000  # of one walk, folders included: 14 small Git objects can stand for 10^12 paths
TREE_DEPTH: Final = 100  # levels of folders; a path of Linux is 4096 bytes long
GIT_FETCH_SECONDS: Final = 90.0  # Argo CD: repo-server exec timeout
GIT_PUSH_SECONDS: Final = 90.0  # as for a fetch
GIT_COMMIT_FILES: Final = 20_000  # that one commit of ours changes: three for each of several thousand Applications
GIT_COMMIT_BYTES: Final = 128 * 1024 * 1024  # of all their content; forges refuse a file of 100 MB
HTTP_SECONDS: Final = 30.0
PLUGIN_SECONDS: Final = 90.0  # of one command of a plugin; Argo CD: repo-server exec timeout
PLUGIN_OUTPUT_BYTES: Final = 32 * 1024 * 1024  # that one command prints; the largest bundles in the wild are 8 MB
PLUGIN_TREE_BYTES: Final = 100 * 1024 * 1024  # of the repository that a plugin gets; Argo CD: 100M
PLUGIN_TREE_FILES: Final = 20_000
PLUGIN_MEMORY_BYTES: Final = 3 * 2**29  # of data of each process of a plugin
PLUGIN_FILE_BYTES: Final = 256 * 1024 * 1024  # of each file that a plugin writes
PLUGIN_PROCESSES: Final = 256  # and threads of one plugin; a Go program has some twenty
PLUGIN_DEFINITION_BYTES: Final = 64 * 1024  # of a plugin.yaml
PLUGINS: Final = 100  # registered
