"""Assembly: settings, application, command line, supervision."""

import os

# One sentence is too little work for two BLAS threads, which only wait for each other; read once,
# when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
