"""Run a module as `python -m` does, without importing from the folder that it is run in.

`python -m` and `-c` put the current folder first on `sys.path` (before Python 3.11 always), so a
`warnings.py` there would be imported. A script's own folder comes first instead.
"""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).absolute().parent
    # Its own folder is first, unless the user has set PYTHONSAFEPATH. Either way, the folder with
    # all packages of this installation comes first from here on.
    if sys.path[0] == str(here):
        del sys.path[0]
    sys.path.insert(0, str(here.parent))
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
