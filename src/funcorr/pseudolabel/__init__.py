"""Pseudo-labels: models that say where the parts of objects are.

``clients`` holds what labelling asks of models. ``chat_grounder`` (over ``openai_client``, in the
styles of ``prompts``, ``cogvlm`` and ``manipvqa``) and ``detectors`` (in this process) answer it;
``framing`` shows them pictures; ``answer_text``, ``number_groups`` and ``boxes`` read what they
say. ``view_queries`` asks about every view and ``box_agreement`` weighs the answers; ``votes`` and
``part_masks`` carry them over the surface into masks; ``dataset_labels`` runs it all.
"""
