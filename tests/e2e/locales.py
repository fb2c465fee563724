"""Locales in which numbers or letters are not what they are in the C locale; the machine itself may have none of them."""

import os
import subprocess

# Sources in Debian's package `locales`: a decimal comma; a Turkish i; a decimal point of two bytes.
NAMES = ["de_DE", "tr_TR", "ps_AF"]


def make(folder):
    """Makes them in a folder."""
    for name in NAMES:
        done = subprocess.run(["localedef", "-i", name, "-f", "UTF-8", folder / f"{name}.UTF-8"], capture_output=True,
                              text=True, env={**os.environ, "LC_ALL": "C"})
        assert done.returncode == 0, f"{done.stderr}is the package `locales` installed?"


def environment(folder, name):
    """With which setlocale(LC_ALL, "") puts a process into one of them."""
    return {"LOCPATH": str(folder), "LC_ALL": f"{name}.UTF-8"}
