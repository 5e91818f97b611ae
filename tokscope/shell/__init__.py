"""Shell: what the commands share, namely options, console, progress and standard error."""
