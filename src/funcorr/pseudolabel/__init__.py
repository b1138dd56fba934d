"""Pseudo-labels: models that say where the parts of objects are.

``clients`` holds what labelling asks of models; ``grounder`` (chat servers, in the styles of
``prompts``, ``cogvlm`` and ``manipvqa``) and ``detectors`` (in this process) answer it;
``openai_client`` speaks to servers; ``boxes`` reads their answers; ``framing`` shows them pictures.
"""
