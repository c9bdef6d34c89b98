"""What Rasa itself offers, for the benchmarks to stand beside."""


def diet_pipeline(epochs: int) -> str:
    """The components up to DIET, as in Rasa 3.6's rasa/shared/importers/default_config.yml."""
    return f"""\
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: {epochs}
    constrain_similarities: true
"""
