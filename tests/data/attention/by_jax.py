"""Print, as JSON, what transformers, by JAX, attends to in the first layer of the models in some folders.

    PYTHONPATH=<where transformers 4 is> python by_jax.py IDS FOLDER...

IDS is a JSON list. Each folder has a config.json and a model.safetensors, which transformers itself reads.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    import jax
    import numpy as np
    import transformers

    def unset(model: Any, *arguments: Any) -> Any:
        """Stand in for random weights: they take seconds to draw, and all are to come from the file."""
        shapes = jax.eval_shape(lambda: drawn[type(model)](model, *arguments))
        return jax.tree.map(lambda one: np.full(one.shape, np.nan, one.dtype), shapes)

    ids = np.array([json.loads(sys.argv[1])])
    found, drawn = {}, {}
    for folder in sys.argv[2:]:
        config = transformers.AutoConfig.from_pretrained(folder)
        kind = transformers.FLAX_MODEL_MAPPING[type(config)]
        drawn[kind], kind.init_weights = kind.init_weights, unset
        model = kind.from_pretrained(folder)
        layers = model(ids, output_attentions=True).attentions
        found[folder] = np.asarray(layers[0][0]).tolist()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
