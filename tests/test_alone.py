"""A kernel in a browser has little: what the labs run on must not need more than it has."""

import subprocess
import sys

# Refused is all that is not Python's own, NumPy, SciPy, or anywidget with what it stands on.
ALONE = """
import importlib, importlib.metadata, pkgutil, re, sys

def plain(name):
    return re.match(r"[\\w.-]+", name)[0].lower().replace("_", "-")

known, new = set(), {"numpy", "scipy", "anywidget"}
while new:
    one = new.pop()
    known.add(one)
    try:
        needs = importlib.metadata.requires(one) or ()
    except importlib.metadata.PackageNotFoundError:  # for another system
        continue
    new |= {plain(need) for need in needs if "extra ==" not in need} - known

class Refusal:
    homes = importlib.metadata.packages_distributions()

    def find_spec(self, name, path=None, target=None):
        own = name.partition(".")[0]
        homes = {plain(home) for home in self.homes.get(own, ())}
        if own != "lmmlab" and homes and not homes & known:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refusal())
assert "pandas" not in known
for name in (
    "engine kinship residual generalised model inference study meaning classical labs teach"
).split():
    home = importlib.import_module("lmmlab." + name)
    for module in pkgutil.walk_packages(home.__path__, home.__name__ + "."):
        importlib.import_module(module.name)
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_engine_and_labs_need_numpy_scipy_and_anywidget_alone():
    run(ALONE)


def test_each_lab_stands_on_them_alone():
    run(
        ALONE
        + "from lmmlab import labs\n"
        + "for name in labs.__all__:\n"
        + "    lab = getattr(labs, name)\n"
        + "    assert lab.words(), name\n"
        + "    assert lab()._repr_mimebundle_(), name\n"
    )


def test_a_model_is_fitted_on_them_alone():
    said = run(
        ALONE
        + "from lmmlab.model.fit import fit\n"
        + "from lmmlab.labs._people import sleepstudy\n"
        + "model = fit(sleepstudy(10, '308', 10).design())\n"
        + "table = model.test('kenward-roger')\n"
        + "print(round(model.deviance, 3), round(table[1, table.columns.index('df')], 3))\n"
    )
    assert said == "1743.628 17.0\n"
