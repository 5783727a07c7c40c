"""A Python that has all imported what a lesson needs, before anybody opens one.

Kernels are forked from it (see `lmmlab.page.provisioner`), so its imports are made once and their
memory is shared. Importing this module is what warms: nothing here is called. It starts no thread,
for threads do not survive a fork.
"""

import gc

import ipykernel.kernelapp
import ipykernel.zmqshell
import ipywidgets

from lmmlab import labs, lmm, load

# One lab and one fit bring along what is imported only when it is used.
labs.shrinkage.scene()
str(lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy")))

gc.collect()
gc.freeze()  # the collector of a fork leaves these objects alone: their memory stays shared

__all__ = ["ipykernel", "ipywidgets"]
