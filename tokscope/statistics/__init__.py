"""Statistics: figures over whole texts and collections of them."""
