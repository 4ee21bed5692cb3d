"""Where people look: the command line, the live view of a terminal, the demo.

cli          mounts the commands of all folders, turns errors into sentences
run, demo    continuous monitoring; the same on the invented world
live         what both show while they work
"""
