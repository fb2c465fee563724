"""Values as a config may hold them: what makes two of them equal, and the many ways to write one down.

None, bool, str, Decimal (every number), list and dict. Nothing here looks at how furcate does it.
"""

import json
import re
from decimal import Decimal

NUMBERS = [Decimal(text) for text in (
    "0", "1", "-1", "2", "0.001", "0.1", "0.1000000000000000055511151231257827", "1e-400", "1e400", "2.5e-7",
    "9007199254740992", "9007199254740993", f"1{'0' * 40}", "Infinity", "-Infinity", "NaN")]
STRINGS = ["", " ", "1", "1.0", "1e0", "true", "null", "None", "NaN", "[1]", "a", "A", "a b", "é", "e\u0301", "日本", "😀",
           "'", '"', "\\", "# a", "a: b", "- a", "x" * 200, "\0", "a\0b", "\t", "two\nlines", "\x1b[1m", "\x7f", "\u0085",
           "\u2028", "\ufeff"]
POOL = [None, True, False, *NUMBERS, *STRINGS, [], [Decimal(1)], [[Decimal(1)]], ["1"], [True], [None], [[]],
        [Decimal(1), Decimal(2)], [Decimal(2), Decimal(1)], {}, {"a": Decimal(1)}, {"a": "1"}, {"b": Decimal(1)},
        {"a": Decimal(1), "b": [Decimal(2)]}, {"a": {"a": Decimal(1)}}, [{"a": Decimal(1)}]]
# Those that a careless comparison takes for one another.
ALIKE = [None, True, False, Decimal(0), Decimal(1), "", "0", "1", "true", "null", [], [Decimal(1)], [True], [[Decimal(1)]],
         ["1"], {}, {"1": Decimal(1)}]


def canonical(value):
    """Something that is equal, and has an equal hash, for equal values only."""
    if value is None or isinstance(value, (bool, str)):
        return type(value).__name__, value
    if isinstance(value, (int, Decimal)):
        number = Decimal(value)
        return "number", "NaN" if number.is_nan() else number
    if isinstance(value, list):
        return "array", tuple(canonical(item) for item in value)
    return "object", frozenset((key, canonical(item)) for key, item in value.items())


def read_json(text):
    """JSON with every digit of its numbers; whole ones are int."""
    return json.loads(text, parse_float=Decimal, parse_constant=Decimal)


# --- spelling ---

WORDS = {None: ["null", "Null", "NULL", "None", "~"], True: ["true", "True", "TRUE"], False: ["false", "False", "FALSE"]}
SPECIAL = {"Infinity": ["Infinity", ".inf", ".Inf", ".INF"], "-Infinity": ["-Infinity", "-.inf"], "NaN": ["NaN", ".nan"]}


def spell_digits(digits, point, chance):
    """0.DIGITS times 10^point without an exponent."""
    if point <= 0:
        return chance.choice(["0", "", "00"]) + "." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits)) + chance.choice(["", "", ".", ".0"])
    return digits[:point] + "." + digits[point:] + "0" * chance.randrange(3)


def spell_number(number, chance):
    if not number.is_finite():
        return chance.choice(SPECIAL[str(number)])
    negative, digits, exponent = number.as_tuple()
    digits = "".join(map(str, digits))
    magnitude = exponent + len(digits)
    point = magnitude if abs(magnitude) < 50 and chance.random() < 0.6 else chance.randrange(-3, len(digits) + 4)
    text = ("-" if negative else chance.choice(["", "", "", "+"])) + "0" * chance.choice([0, 0, 0, 2])
    text += spell_digits(digits, point, chance)
    if point == magnitude and chance.random() < 0.8:
        return text
    shift = magnitude - point
    return text + chance.choice([f"e{shift}", f"E{shift:+}", f"e{shift:+04}"])


def spell_string(text, chance):
    style = chance.randrange(4)
    if style == 0 and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if style == 1 and re.fullmatch("[a-zé]+", text) and text not in ("true", "null"):
        return text
    return json.dumps(text, ensure_ascii=style == 2)


def spell(value, chance):
    """One of the ways to write the value into a config, on one line."""
    if isinstance(value, list):
        return "[" + ", ".join(spell(item, chance) for item in value) + (", ]" if value and chance.random() < 0.1 else "]")
    if isinstance(value, dict):
        items = [f"{spell_string(key, chance)}: {spell(item, chance)}" for key, item in value.items()]
        chance.shuffle(items)
        return "{" + ", ".join(items) + "}"
    if isinstance(value, str):
        return spell_string(value, chance)
    if isinstance(value, Decimal):
        return spell_number(value, chance)
    return chance.choice(WORDS[value])
