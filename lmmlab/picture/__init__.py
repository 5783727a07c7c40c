"""A picture is a value: marks say what is drawn; `static` and `live` draw it."""
