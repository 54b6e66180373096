"""Run a module as `python -m` does, without importing from the folder that it is run in.

`python -m` and `-c` put the current folder first on `sys.path` (before Python 3.11 always), so a
`warnings.py` there would be imported. A script's own folder comes first instead.
"""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    # The folder with all packages of this installation, in place of this package's own.
    sys.path[0] = str(Path(__file__).absolute().parents[1])
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
