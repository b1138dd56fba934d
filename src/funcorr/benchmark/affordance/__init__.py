"""The affordance benchmark: a rendered set in AGD20K's layout, evaluation, scores and failures."""
