"""A Python that has imported what a lesson needs, before anybody opens one.

Kernels are forked from it (see `lmmlab.page.provisioner`), so that all is imported once and its
memory is shared. To import this module is what warms; nothing in it is called. It starts no
thread, for threads do not survive a fork.
"""

import bdb  # noqa: F401
import faulthandler  # noqa: F401
import gc
import sys

import IPython.core.completerlib
import IPython.core.logger
import IPython.core.oinspect
import IPython.extensions.storemagic  # noqa: F401
import ipywidgets  # noqa: F401
import pandas.io.formats.html
import pandas.io.formats.string  # noqa: F401
import tornado.platform.asyncio
import tornado.queues  # noqa: F401
import zmq.utils.garbage  # noqa: F401

import lmmlab.page.kernel
import lmmlab.page.provisioner
import lmmlab.teach.questions  # noqa: F401
from lmmlab import labs, lmm, load
from lmmlab.labs import _bench  # noqa: F401

# One lab and one fit bring along what is imported only when it is used.
labs.shrinkage.scene()
str(lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy")))

# What a fork writes to it must copy. So the collector leaves these objects alone, and Python does
# not keep in mind which methods were asked for last: to forget a name means to count it down.
gc.collect()
gc.freeze()
if sys.version_info >= (3, 13):
    sys._clear_internal_caches()
else:
    sys._clear_type_cache()
