"""The command line: each module turns arguments into one service call, and its result into French lines."""
