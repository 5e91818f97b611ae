"""What the commands share: options, console, progress, standard error."""
