"""The machine below: files, child processes and terminals, in the ways that are safe.

Recipes, models and run folders come from strangers. Every other package reads, writes, starts and
prints through this one; lint rules refuse the direct way (`SECURITY.md` says what is promised).
"""
