"""Imported once by the process from which the launcher's children are copied; see `launcher`."""

import gc
from importlib import import_module

gc.disable()  # importing makes half a million objects and no garbage; `servers` switches it on again
import_module("app.commands.servers")
import_module("app.main").modules_of("device")
gc.freeze()  # what is shared stays shared: the search for garbage would write into it
