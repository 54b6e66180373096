"""The events and files of runs, and the JSON reports of the command line."""
