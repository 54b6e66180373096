"""Training by a reverse-mode tape, for libraries that have array operations but no gradients.

`ops.py` lists the operations that a library must have. Everything else here is written in terms of
them and knows no library: the tape, the layers with their gradients, the models, the optimizers.
Read `tape.py` and `functions.py` to see how backpropagation works.
"""
