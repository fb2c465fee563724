/* The statements of furcate.db; for database.c alone. */
#pragma once

enum statement {
    PUT_RUN,
    PUT_ATTEMPT,
    PUT_FACT,
    PUT_TEXT,
    GET_FACT,
    GET_HIGHEST,
    GET_STATE,
    GET_DIRECTORY,
    FINISH,
    GET_OPEN,
    GET_ALL,
    PUT_START,
    GET_START,
    PUT_CODE,
    statement_count
};

static const char *const statements[statement_count] = {
    [PUT_RUN] = ("INSERT INTO runs (id, name, label, directory, state) VALUES (?, ?, ?, ?, ?)"
                 " ON CONFLICT (id) DO UPDATE SET name = excluded.name, label = excluded.label,"
                 " directory = excluded.directory, state = excluded.state"),
    [PUT_ATTEMPT] =
        "INSERT INTO attempts (run_id, attempt, gpu_id, pid, start_time, end_time, exit_status, signal,"
        " reason, error_tail, idle_ns, slot, seconds, cpu_seconds, peak_memory,"
        " start_id, command, code)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (run_id, attempt) DO UPDATE SET gpu_id = excluded.gpu_id,"
        " pid = coalesce(excluded.pid, pid), start_time = excluded.start_time,"
        " end_time = excluded.end_time, exit_status = excluded.exit_status, signal = excluded.signal,"
        " reason = excluded.reason, error_tail = excluded.error_tail, idle_ns = excluded.idle_ns,"
        " slot = excluded.slot, seconds = excluded.seconds, cpu_seconds = excluded.cpu_seconds,"
        " peak_memory = excluded.peak_memory, start_id = excluded.start_id,"
        " command = coalesce(excluded.command, command), code = excluded.code",
    [PUT_FACT] = "INSERT OR REPLACE INTO facts (name, number) VALUES (?, ?)",
    [PUT_TEXT] = "INSERT OR REPLACE INTO texts (name, text) VALUES (?, ?)",
    [GET_FACT] = "SELECT number FROM facts WHERE name = ?",
    [GET_HIGHEST] = "SELECT max(id) FROM runs WHERE id < 100000000000",
    [GET_DIRECTORY] = "SELECT directory FROM runs WHERE id = ?",
    [GET_STATE] = "SELECT state FROM runs WHERE id = ?",
    [FINISH] = "UPDATE runs SET state = 'finished' WHERE id = ? AND state <> 'finished'",
    [GET_ALL] = "SELECT directory, CASE label WHEN '' THEN name ELSE name || '_' || label END FROM runs",
    [GET_OPEN] = "SELECT id, directory FROM runs WHERE state <> 'finished'",
    [PUT_START] =
        ("INSERT OR REPLACE INTO starts (id, time, command, program, interpreter, directory, config,"
         " host, user, git_commit, version) SELECT ?1, json_extract(?2, '$.time'),"
         " json_extract(?2, '$.command'), json_extract(?2, '$.program'),"
         " json_extract(?2, '$.interpreter'), json_extract(?2, '$.directory'),"
         " json_extract(?2, '$.config'), json_extract(?2, '$.host'), json_extract(?2, '$.user'),"
         " json_extract(?2, '$.commit'), json_extract(?2, '$.furcate')"),
    [GET_START] = "SELECT max(id) FROM starts WHERE id < 100000000000",
    [PUT_CODE] = "INSERT OR IGNORE INTO code (hash, time, files) VALUES (?, ?, ?)",
};
