"""The policy that brings a person when a customer is angry, within any form."""

from __future__ import annotations

from typing import Any

from rasa.core.featurizers.tracker_featurizers import TrackerFeaturizer
from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

ACTION = "action_escalate"
DEFAULT_THRESHOLD = 0.6


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class EscalationPolicy(Policy):
    """Predicts `action_escalate` when the message's anger reaches `thresholds.anger`.

    A rule can't say "whatever the intent"; this can. The threshold comes from the playbook with
    the turn's metadata. Who already waits for a person is not apologised to again.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": 7, "threshold": DEFAULT_THRESHOLD}

    @staticmethod
    def supported_data() -> SupportedData:
        return SupportedData.ML_AND_RULE_DATA

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EscalationPolicy:
        return cls(config, model_storage, resource, execution_context)

    def _create_featurizer(self) -> TrackerFeaturizer | None:
        return None  # reads the message, not the states

    def train(
        self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any
    ) -> Resource:
        return self._resource  # nothing to learn

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        chances = [0.0] * domain.num_actions
        action = self._next(tracker) if ACTION in domain.user_actions else None
        if action is not None:
            chances[domain.index_for_action(action)] = 1.0
        return self._prediction(chances)

    def _next(self, tracker: DialogueStateTracker) -> str | None:
        message = tracker.latest_message
        if message is None or not self._too_angry(message):
            return None
        if tracker.latest_action_name == ACTION_LISTEN_NAME:
            return ACTION
        return ACTION_LISTEN_NAME if tracker.latest_action_name == ACTION else None

    def _too_angry(self, message: UserUttered) -> bool:
        metadata = message.metadata or {}
        if metadata.get("state") == "queued":
            return False
        threshold = (metadata.get("thresholds") or {}).get("anger", self.config["threshold"])
        return anger_of(message.entities)[1] >= threshold


def anger_of(entities: list[dict[str, Any]]) -> tuple[str, float]:
    """Mood and anger score that the mood detector left among `entities`."""
    for entity in entities:
        if entity.get("entity") == "anger":
            return str(entity["value"]), float(entity.get("score") or 0.0)
    return "none", 0.0
