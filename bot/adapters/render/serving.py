"""How does an engine process carry out a request, and which engine does it load for it?

A process loads one engine only, when first asked for it: two Go runtimes do not share a process well.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson

from bot.adapters.render import build, charts, gotemplate, helm, kustomize
from bot.adapters.render.helm_library import HelmError
from bot.adapters.render.order import Order, decode, outcome
from bot.model.manifest import RenderProblem

Tool = Literal["kustomize", "helm"]


class Serving:
    """Answers requests, one at a time."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Take the settings as the pool sent them: `tools` names the library or program of each tool."""
        self._tools: Mapping[str, Mapping[str, str]] = settings["tools"]
        self._deadline, self._output = float(settings["deadline"]), int(settings["output"])
        self._kustomize: kustomize.Kustomize | None = None
        self._helm: helm.Helm | None = None
        self._missing: dict[str, str] = {}

    def answer(self, request: Mapping[str, Any]) -> bytes:
        """Carry out one request: `load` a tool and say what it is, `render` an order, `inflate` a chart,
        carry out a `template`.
        """
        match request["do"]:
            case "load":
                return orjson.dumps(self._load(request["tool"]))
            case "render":
                started, order = time.monotonic(), decode(request)
                return build.finish(order, self._render(order), started, self._output)
            case "inflate":
                started, order = time.monotonic(), decode(request)
                return build.finish(order, self._inflate(order), started, self._output)
            case "template":
                return orjson.dumps(self._template(request["texts"], request["parameters"], request["strict"]))
        raise ValueError(request["do"])

    def _load(self, tool: str) -> dict[str, str]:
        found = self._loaded_kustomize() if tool == "kustomize" else self._loaded_helm()
        if found is None:
            return {"engine": "none", "version": "", "reason": self._missing.get(tool, "")}
        return {"engine": found.name, "version": found.version, "reason": ""}

    def _render(self, order: Order) -> dict[str, Any]:
        match order.source.engine:
            case "kustomize":
                tool = self._loaded_kustomize()
                return self._without("kustomize", order) if tool is None else build.build(order, tool)
            case "helm":
                program = self._loaded_helm()
                return self._without("helm", order) if program is None else charts.template(order, program)
            case "plain":
                return build.read_plain(order)

    def _inflate(self, order: Order) -> dict[str, Any]:
        tool = self._loaded_helm()
        return self._without("helm", order) if tool is None else charts.text(order, tool)

    def _template(self, texts: Sequence[str], parameters: Mapping[str, Any], strict: bool) -> dict[str, Any]:
        tool = self._loaded_helm()
        if not isinstance(tool, helm.Library):
            return {"error": f"Go templates are not carried out here: {self._missing.get('helm') or helm.INSTALL}"}
        try:
            return {"texts": gotemplate.execute(tool, texts, parameters, strict=strict)}
        except HelmError as error:
            return {"error": str(error)}

    def _without(self, tool: Tool, order: Order) -> dict[str, Any]:
        words = f"not rendered: there is no {tool} here"
        return outcome([RenderProblem(order.source.path, words, how=self._missing.get(tool, ""))])

    def _loaded_kustomize(self) -> kustomize.Kustomize | None:
        if self._kustomize is None and "kustomize" not in self._missing:
            given = self._tools["kustomize"]
            try:
                if given["program"]:
                    self._kustomize = kustomize.Binary(
                        Path(given["program"]), timeout=self._deadline, output=self._output
                    )
                elif given["library"]:
                    self._kustomize = kustomize.Library(Path(given["library"]))
                else:
                    self._missing["kustomize"] = kustomize.INSTALL
            except (OSError, kustomize.KustomizeError) as error:
                self._missing["kustomize"] = f"{kustomize.INSTALL} ({error})"
        return self._kustomize

    def _loaded_helm(self) -> helm.Helm | None:
        if self._helm is None and "helm" not in self._missing:
            given = self._tools["helm"]
            try:
                if given["program"]:
                    self._helm = helm.Binary(Path(given["program"]), timeout=self._deadline, output=self._output)
                elif given["library"]:
                    self._helm = helm.Library(Path(given["library"]))
                else:
                    self._missing["helm"] = helm.INSTALL
            except (OSError, HelmError) as error:
                self._missing["helm"] = f"{helm.INSTALL} ({error})"
        return self._helm
