"""run_data.csv as spreadsheets, scripts and accidents leave it: read as before, or refused with a remedy; never taken
for a table in which nothing is done."""

import csv
import io
import os
import signal
import time

import pandas
import pytest

from support import until

VALUES = {"learning_rate": [0.00001, 0.0001, 0.25], "fold": [3, 12], "nesterov": [True, False],
          "name": ["Müller; fast, really", "plain", None], "layers": [[64, 64], [128]]}
SEED = 123456789012


def cells_of(text):
    return list(csv.reader(io.StringIO(text)))


def text_of(rows, **dialect):
    out = io.StringIO()
    csv.writer(out, **{"lineterminator": "\n", **dialect}).writerows(rows)
    return out.getvalue()


def general(cell):
    """A cell as Excel shows it in its format "General": numbers in eleven places, truth in capitals."""
    try:
        number = float(cell)
    except ValueError:
        return cell.upper() if cell in ("true", "false", "True", "False") else cell
    if abs(number) >= 1e11 or 0 < abs(number) < 1e-4:
        mantissa, exponent = f"{number:.5E}".split("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{int(exponent):+03d}"
    return f"{number:.9f}".rstrip("0").rstrip(".")[:11]


def shown(text):
    header, *rows = cells_of(text)
    return [header, *([general(cell) for cell in row] for row in rows)]


def german(rows):
    header, *rest = rows
    return [header, *([cell.replace(".", ",") if cell.replace(".", "").replace("-", "").isdigit() else cell
                       for cell in row] for row in rest)]


# --- what is read as before ---

READ = {
    "Excel, CSV UTF-8": lambda text: "\ufeff" + text_of(shown(text), lineterminator="\r\n"),
    "Excel, CSV UTF-8, with lines cleared": lambda text: "\ufeff" + text_of(shown(text), lineterminator="\r\n")
    + "," * 20 + "\r\n" + "," * 20 + "\r\n",
    "LibreOffice": lambda text: text_of(shown(text)),
    "LibreOffice, all text cells in quotes": lambda text: text_of(shown(text), quoting=csv.QUOTE_ALL),
    "Google Sheets": lambda text: text_of(shown(text), lineterminator="\r\n").rstrip("\r\n"),
    "pandas": lambda text: pandas.read_csv(io.StringIO(text)).to_csv(index=False),
    "pandas, with an index": lambda text: pandas.read_csv(io.StringIO(text)).to_csv(),
    "pandas, on Windows": lambda text: pandas.read_csv(io.StringIO(text)).to_csv(index=False, lineterminator="\r\n"),
    "columns in another order": lambda text: text_of([row[::-1] for row in cells_of(text)]),
    "sorted": lambda text: text_of([cells_of(text)[0], *sorted(cells_of(text)[1:])]),
    "two halves, each with its header": lambda text: text_of(
        cells_of(text)[:4] + cells_of(text)[:1] + cells_of(text)[4:]),
    "blank lines": lambda text: text.replace("\n", "\n\n"),
    "no newline at the end": lambda text: text.rstrip("\n"),
    "zeros at the end, as a power loss leaves": lambda text: text + "\0" * 5000,
    "a line of 100 MB": lambda text: text + "x" * 100_000_000 + "\n",
    "zeros in a line": lambda text: text + "a\0b,\0\0\n",
}


def carry_out(project, **more):
    project.write(**VALUES, batch_size=32, **more)
    project.run(*program(project))
    return project.csv.read_text()


def program(project):
    return project.script("train", "echo x >> started\n"), "{name}"


def starts(project):
    path = project.root / "started"
    return path.read_text().count("x") if path.exists() else 0


@pytest.mark.parametrize("name", READ)
def test_what_others_write_is_read(project, name):
    written = READ[name](carry_out(project))
    project.csv.write_bytes(written.encode())
    (project.root / "started").unlink()
    for _ in range(2):
        done = project.run(*program(project))
        assert "Everything is done: 72 of 72 runs" in done.stderr
    assert starts(project) == 0
    project.write(**{**VALUES, "fold": [3, 12, 13]}, batch_size=32)
    project.run(*program(project))
    assert starts(project) == 36
    assert "Everything is done: 108 of 108 runs" in project.run(*program(project)).stderr


def test_a_table_of_nothing_means_that_nothing_is_done(project):
    for content in ("", "\ufeff", "\n\n", None):
        header = carry_out(project).partition("\n")[0]
        (project.root / "started").unlink()
        project.csv.write_text(header + "\n" if content is None else content)
        project.run(*program(project))
        assert starts(project) == 72
        assert len(project.rows()) == 72


# --- what is refused ---

UNDONE = ("save it again as CSV in UTF-8 with ',' between the columns", "put a copy of the file from before back")


def whole_lines_in_cells(text):
    """As an Excel that splits at ';' keeps lines with commas: each is one cell, quoted when it has quotes."""
    return "".join('"' + line.replace('"', '""') + '"\n' if '"' in line else line + "\n"
                   for line in text.splitlines())


REFUSED = {
    "semicolons": (lambda text: text_of(shown(text), delimiter=";"), ["run_data.csv has ';' between its columns", *UNDONE]),
    "semicolons and decimal commas": (lambda text: "\ufeff" + text_of(german(shown(text)), delimiter=";"),
                                      ["run_data.csv has ';' between its columns", *UNDONE]),
    "semicolons, all in quotes": (lambda text: text_of(shown(text), delimiter=";", quoting=csv.QUOTE_ALL),
                                  ["run_data.csv has ';' between its columns", *UNDONE]),
    "tabs": (lambda text: text_of(shown(text), delimiter="\t"), ["run_data.csv has tabs between its columns", *UNDONE]),
    "Excel, Unicode text": (lambda text: text_of(shown(text), delimiter="\t").encode("utf-16"),
                            ["run_data.csv is in UTF-16", *UNDONE]),
    "Excel, CSV": (lambda text: text_of(shown(text), lineterminator="\r\n").encode("cp1252"),
                   ["run_data.csv:", ": name is not in UTF-8", *UNDONE]),
    "lines in quotes": (whole_lines_in_cells, ["run_data.csv:2: the whole line is one cell", *UNDONE]),
    "no header": (lambda text: text.partition("\n")[2], ["run_data.csv begins with no header that furcate knows",
                                                         "put the line with the names of the columns back"]),
    "another program's file": (lambda text: "time,loss\n1,2\n3,4\n", ["begins with no header", "('time' …)"]),
    "another table below": (lambda text: text + "loss,run_id,log_dir\n1,9,logs/x\n",
                            [":74: a second header, with other columns", "take them out of this file"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_misread_is_refused(project, name):
    change, says = REFUSED[name]
    written = change(carry_out(project))
    written = written if isinstance(written, bytes) else written.encode()
    project.csv.write_bytes(written)
    for arguments in (["run", "config.json", "--", *program(project)], ["plan", "config.json", "--", *program(project)]):
        done = project.furcate(*arguments)
        assert done.returncode == 2
        for words in says:
            assert words in done.stderr
    assert project.csv.read_bytes() == written
    assert starts(project) == 72, "nothing was run again"


def test_a_number_that_was_rounded_is_refused(project):
    text = carry_out(project, seed=[SEED, SEED + 1])
    project.csv.write_text(text_of(shown(text)))
    done = project.furcate("run", "config.json", "--", *program(project))
    assert done.returncode == 2
    assert f"run_data.csv:2: seed is 1.23457E+11, which a spreadsheet has rounded from {SEED}" in done.stderr
    assert "write that into the cell, or delete the line and it is run again" in done.stderr
    assert starts(project) == 144


def test_a_number_of_another_config_is_not_taken_for_a_rounded_one(project):
    carry_out(project, momentum=[123456, 0.25])
    project.write(**VALUES, batch_size=32, momentum=[123457, 0.2512, 0.333333])
    project.run(*program(project))
    assert starts(project) == 144 + 216


DAMAGE = {"1-2": "2-Jan", "10:30": "10:30:00", "2020-01-02": "1/2/2020"}


@pytest.mark.parametrize("values, names", [(["1-2"], "2-Jan"), (["10:30"], "10:30:00"), (["2020-01-02"], "1/2/2020"),
                                           (DAMAGE, "1/2/2020, 2-Jan, 10:30:00")])
def test_a_text_that_became_a_date_is_named(project, values, names):
    project.write(split=list(DAMAGE), batch_size=1)
    project.run("true")
    header, *rows = cells_of(project.csv.read_text())
    rows = [[DAMAGE[cell] if cell in values else cell for cell in row] for row in rows]
    good = project.csv.read_text()
    project.csv.write_text(text_of([header, *rows]))
    done = project.furcate("run", "config.json", "--", "false")
    assert f"in split alone (they have {names}): a spreadsheet makes that of a text that looks like a date" in done.stderr
    assert "write the config's values into these cells again to count them" in project.log()
    project.csv.write_text(good)
    assert "3 of 3 runs are in" in project.run("true").stderr


RESPELT = [
    ([0.5, 1], {"0.5": "0,5"}),
    ([1e-05, 1], {"1e-05": "1,0E-05"}),
    ([True, False], {"true": "WAHR"}),
    ([True, False], {"true": "vrai", "false": "FAUX"}),
    ([100000, 1], {"100000": "100,000"}),
    ([1234567.5, 1], {"1234567.5": "1.234.567,5"}),
    ([100000, 1], {"100000": "100\u202f000"}),
    (["1-2", "3"], {"1-2": " 1-2 "}),
    (["1-2", "3"], {"1-2": "'1-2"}),
    ([0.5, 1], {"0.5": "\u00a00,5"}),
]


@pytest.mark.parametrize("values, damage", RESPELT)
def test_a_value_in_another_spelling_is_named_and_counted(project, values, damage):
    project.write(split=values, batch_size=1)
    project.run("true")
    header, *rows = cells_of(project.csv.read_text())
    changed = [[damage.get(cell, cell) for cell in row] for row in rows]
    count = sum(row != before for row, before in zip(changed, rows))
    assert count == len(damage)
    project.csv.write_text(text_of([header, *changed]))
    done = project.run("true")
    differ = "1 row of logs/run_data.csv differs" if count == 1 else "2 rows of logs/run_data.csv differ"
    assert f"{differ} from this plan in split alone (they have {', '.join(sorted(damage.values()))}): a spreadsheet" in done.stderr
    assert f"{count} row{'s' if count > 1 else ''} of logs/run_data.csv matched nothing in this plan" in done.stderr


@pytest.mark.parametrize("value, found", [(0.5, "0,6"), (True, "FALSCH"), (100000, "100,001"), ("1-2", " 1-3 ")])
def test_another_value_in_another_spelling_is_of_another_config(project, value, found):
    project.write(split=[value], batch_size=1)
    project.run("true")
    header, row = cells_of(project.csv.read_text())
    shown_value = {True: "true"}.get(value, str(value))
    project.csv.write_text(text_of([header, [found if cell == shown_value else cell for cell in row]]))
    done = project.run("true")
    assert "has values that this config does not have: split" in done.stderr
    assert "spreadsheet" not in done.stderr


def test_texts_that_a_spreadsheet_leaves_alone_are_matched(project):
    """Texts that would be read as numbers or truth are in quotes of their own, which spreadsheets keep."""
    project.write(batch_size=1, split=["007", "1E5", "TRUE", "1.50", "null"])
    project.run("true")
    project.csv.write_text(text_of(shown(project.csv.read_text())))
    assert "5 of 5 runs are in" in project.run("true").stderr


@pytest.mark.parametrize("change, says", [
    (lambda text: text_of(cells_of(text), delimiter=";"), "has ';' between its columns"),
    (lambda text: "time,loss\n1,2\n", "begins with no header that furcate knows"),
])
def test_a_table_that_is_broken_while_runs_execute_waits_for_its_repair(project, change, says):
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 1})
    runner = project.start(project.gated())
    project.let_go(project.until_waiting(1)[0])
    until(lambda: project.csv.exists() and len(project.rows()) == 1, "the first row")
    good = project.csv.read_text()
    broken = change(good)
    project.csv.write_text(broken)
    project.let_go(project.until_waiting(1)[0])
    until(lambda: "Results cannot be stored, so no run is started until they can" in project.log(), "the refusal")
    assert says in project.log()
    assert project.csv.read_text() == broken
    project.csv.write_text(good)
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "2", "3"]


# --- rows that others take away while runs execute ---

def finish_one(project, rows):
    """Lets the run that waits end, of more to come; the table is to have so many rows then. Returns when the start
    of the next is recorded, so that nothing is to be written for a while."""
    ended = until(lambda: project.query("SELECT count(*) FROM attempts WHERE end_time IS NOT NULL"), "furcate.db")
    project.let_go(project.until_waiting(1)[0])
    until(lambda: project.csv.exists() and len(project.rows()) == rows, f"{rows} rows")
    project.until_started(ended[0][0] + 2)


def replace_table(project, text):
    """Saves the table as most programs do, a while before the runner looks at it."""
    copy = project.root / "copy.csv"
    copy.write_text(text)
    os.utime(copy, (time.time() - 10, time.time() - 10))
    copy.rename(project.csv)


def overwrite_table(project, text):
    project.csv.write_text(text)
    os.utime(project.csv, (time.time() - 10, time.time() - 10))


@pytest.mark.parametrize("save", [replace_table, overwrite_table])
def test_rows_that_an_older_copy_overwrote_are_told(project, save):
    project.write(batch_size=list(range(1, 7)), meta={"max_threads": 1, "order": "config"})
    runner = project.start(project.gated())
    finish_one(project, 1)
    older = project.csv.read_text()
    finish_one(project, 2)
    finish_one(project, 3)
    save(project, older)
    finish_one(project, 2)
    until(lambda: "2 rows that furcate had written to " in project.log(), "the line about the rows")
    assert "another program seems to have saved an older copy over it: their runs are run again at the next start" \
        in project.log()
    assert project.let_all_go(runner) == 0
    assert "4 of 6 runs are done, 4 of them now" in runner.stderr
    assert "2 rows that were in logs/run_data.csv are no longer there: their runs are run again at the next start. " \
           "The results are still in their folders (run_data.json)." in runner.stderr
    assert project.log().count("no longer there") == 1
    assert "6 of 6 runs are done, 2 of them now" in project.run(project.gated()).stderr


def test_rows_that_are_overwritten_after_the_last_run_are_told_too(project):
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 1, "order": "config"})
    runner = project.start(project.gated())
    finish_one(project, 1)
    older = project.csv.read_text()
    finish_one(project, 2)
    project.until_waiting(1)
    runner.send(signal.SIGINT)  # the run that waits ends by it, and no row follows
    replace_table(project, older)
    assert runner.wait() == 130
    assert "1 of 3 runs are done, 1 of them now" in runner.stderr
    assert "1 row that was in logs/run_data.csv is no longer there: its run is run again" in runner.stderr


def test_rows_that_are_deleted_by_hand_are_told_in_calm_words(project):
    project.write(batch_size=[1, 2])
    project.run("true")
    project.write(batch_size=[1, 2, 3, 4, 5, 6], meta={"max_threads": 1, "order": "config"})
    runner = project.start(project.gated())
    finish_one(project, 3)
    finish_one(project, 4)
    lines = project.csv.read_text().splitlines(keepends=True)
    overwrite_table(project, "".join(lines[:2] + lines[4:]))  # one of before, and one of now
    finish_one(project, 3)
    until(lambda: "2 rows of" in project.log(), "the line about the rows")
    assert "run_data.csv have been deleted: their runs are run again at the next start" in project.log()
    assert "older copy" not in project.log()
    assert project.let_all_go(runner) == 0
    assert "4 of 6 runs are done, 3 of them now" in runner.stderr


def test_a_table_that_is_saved_again_as_it_is_is_not_worth_a_word(project):
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 1})
    runner = project.start(project.gated())
    finish_one(project, 1)
    replace_table(project, project.csv.read_text())
    finish_one(project, 2)
    overwrite_table(project, project.csv.read_text() + "\n")
    assert project.let_all_go(runner) == 0
    assert "no longer there" not in runner.stderr + project.log()
    assert "deleted" not in runner.stderr + project.log()
    assert "3 of 3 runs are done, 3 of them now" in runner.stderr
