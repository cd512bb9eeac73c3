"""`python -m lfads`: the command line, where its script is not on the path."""

from lfads.cli.entry import main

main()
