"""A queue of our own commands: jobs are folders, a supervisor runs them and resumes what stopped.

`Jobs` (lfads.jobs.queue) is the door; there is no web in here.
"""
