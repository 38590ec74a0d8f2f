"""The command line: each module translates words into one service call and its result into French lines."""
