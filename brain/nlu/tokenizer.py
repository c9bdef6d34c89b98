"""The pipeline's tokenizer: English or Japanese by script."""

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from brain.nlu.component import is_command, keep_words
from brain.nlu.segmentation import segment


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class BilingualTokenizer(Tokenizer):
    """spaCy's blank English or Japanese (SudachiPy, mode B); lemmas are dictionary spellings."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_"}

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        # Whoever trains reads the words itself, once; nothing of Rasa's own looks at tokens here.
        return training_data

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        text = message.get(attribute)
        if attribute == TEXT and is_command(text):
            return []
        words = segment(text)
        if attribute == TEXT:
            keep_words(message, words)
        return [Token(word.text, word.start, lemma=word.form) for word in words]
