"""What renders for a running platform, in its own process and in commands that look at it from outside."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from dokaseca.adapters.charts import HttpCharts
from dokaseca.adapters.git import Logins
from dokaseca.adapters.helm import HelmWorkers
from dokaseca.adapters.jsonnet import JsonnetLibrary
from dokaseca.adapters.kustomize import KustomizeProgram
from dokaseca.adapters.object_store import DiskStore
from dokaseca.adapters.plugin_renderer import PluginProgram
from dokaseca.flow.render.request import Tools
from dokaseca.wiring import render_settings
from dokaseca.wiring.layout import Layout


def opened(layout: Layout, logins: Logins, scope: Callable[[str, str], str], stack: contextlib.AsyncExitStack) -> Tools:
    """All renderers; `stack` closes them. The cache may be shared: its entries are named by their content.

    Raises:
        UserError: a variable of the environment is wrong.
    """
    plugins = PluginProgram(timeout_seconds=render_settings.exec_timeout_seconds(os.environ))
    cache = DiskStore(layout.cache)
    charts, helm = HttpCharts(cache, logins, scope), HelmWorkers()
    stack.push_async_callback(charts.close)
    stack.push_async_callback(helm.close)
    return Tools(
        helm=helm,
        kustomize=KustomizeProgram(),
        jsonnet=JsonnetLibrary(),
        charts=charts,
        cache=cache,
        plugins=plugins,
    )
