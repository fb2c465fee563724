"""Prints what furcate itself has to say from Python, as base/tell.h does in C."""

import sys
import unicodedata

# Control characters, those that work unseen on others, halves of a pair, and ends of lines and paragraphs.
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_KEPT = set("\n\t\u200c\u200d")  # joiners belong into words


def visible(text: str) -> str:
    """Returns the text with control characters, and characters that nobody sees, by their numbers, so that a terminal
    obeys none of them. Ends of lines and tabs stay."""
    return "".join(repr(char)[1:-1] if unicodedata.category(char) in _HIDDEN and char not in _KEPT else char
                   for char in text)


def tell(text: str) -> None:
    """Prints "furcate: TEXT" to stderr, if there is one."""
    if sys.stderr:
        print(f"furcate: {visible(text)}", file=sys.stderr)
