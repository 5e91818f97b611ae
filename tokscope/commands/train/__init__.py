"""`tokscope train`: models of your own, from your own texts."""
