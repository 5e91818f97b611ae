"""Look at what a model knows of its tokens: their vectors, positions and first layer of attention."""
