"""Set what the libraries read before the first of them is imported."""

import os

# Several tests run at once: a library that starts one thread per core makes all of them wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
