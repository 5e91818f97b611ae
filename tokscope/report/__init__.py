"""Reports: what a command found, as plain data between measuring and printing."""
