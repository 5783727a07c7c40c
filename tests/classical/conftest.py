"""The sleep study, as arrays."""

import pytest

from lmmlab.data import arrays


@pytest.fixture(scope="session")
def sleep():
    data = arrays("sleepstudy")
    return data["Reaction"], data["Subject"], {"Days": data["Days"]}
