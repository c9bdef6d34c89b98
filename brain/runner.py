"""Rasa's graph, run node after node."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphNodeHook, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.storage import ModelStorage

# Nodes with what each of them needs, in an order that works.
Plan = list[tuple[str, tuple[str, ...]]]


class PlainGraphRunner(DaskGraphRunner):
    """Plans once for each set of targets; dask plans anew for every message (2 of 17 ms a turn)."""

    def __init__(
        self,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> None:
        super().__init__(graph_schema, model_storage, execution_context, hooks)
        self._plans: dict[tuple[str, ...], Plan] = {}

    def run(
        self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        """As Rasa's own runner. Raises GraphRunError."""
        wanted = tuple(targets or self._graph_schema.target_names)
        plan = self._plans.get(wanted)
        if plan is None:
            plan = self._plans[wanted] = self._planned(wanted)
        # A node takes and gives its value together with its name.
        done = {name: (name, value) for name, value in (inputs or {}).items()}
        try:
            self._work_off(plan, done)
        except KeyError as missing:
            raise GraphRunError(f"nothing gives {missing}") from missing
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return {name: done[name][1] for name in wanted}

    def _work_off(self, plan: Plan, done: dict[str, tuple[str, Any]]) -> None:
        """Adds to `done` what every node of the `plan` gives."""
        for name, needs in plan:
            done[name] = self._instantiated_nodes[name](*(done[need] for need in needs))

    def _planned(self, targets: Sequence[str]) -> Plan:
        """The nodes that `targets` need with what each of them needs, in an order that works."""
        nodes = self._graph_schema.minimal_graph_schema(list(targets)).nodes
        plan: dict[str, tuple[str, ...]] = {}

        def place(name: str) -> None:
            if name in plan or name not in nodes:  # what is no node comes as an input
                return
            needs = tuple(nodes[name].needs.values())
            for need in needs:
                place(need)
            plan[name] = needs

        for target in targets:
            place(target)
        return list(plan.items())


class TrainingRunner(PlainGraphRunner):
    """Nodes whose components say `trains_long` go beside all others, in threads.

    What they do is mostly arithmetic, which needs no lock of Python's.
    """

    def _work_off(self, plan: Plan, done: dict[str, tuple[str, Any]]) -> None:
        nodes = self._graph_schema.nodes
        begun: dict[str, Future[tuple[str, Any]]] = {}

        def given(need: str) -> tuple[str, Any]:
            if need in begun:
                done[need] = begun.pop(need).result()
            return done[need]

        with ThreadPoolExecutor() as pool:
            for name, needs in plan:
                inputs, node = [given(need) for need in needs], nodes[name]
                if node.fn == "train" and getattr(node.uses, "trains_long", False):
                    begun[name] = pool.submit(self._instantiated_nodes[name], *inputs)
                else:
                    done[name] = self._instantiated_nodes[name](*inputs)
            for name in list(begun):
                given(name)
