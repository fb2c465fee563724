#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/tell.h"
#include "base/vector.h"
#include "cli/best_objective.h"
#include "cli/best_step.h"
#include "cli/cli.h"
#include "cli/grid.h"
#include "cli/metric_column.h"
#include "config/config.h"
#include "store/store.h"

struct request {
    const char *log_dir;
    uint64_t count;
    char *metric; /* NULL: the config's objective */
    bool is_max, mode_given;
    bool of_best; /* the objective is the best step of a run */
    bool path_only;
};

struct ranked {
    size_t row;
    double value;
};

static const char *cell(const struct table *table, size_t row, int column)
{
    return column < 0 ? NULL : table->cells[row * table->column_count + (size_t)column];
}

/* The number in a cell; NaN when it holds none. */
static double cell_number(const char *text)
{
    char *end;
    double number = text ? number_read(text, &end) : NAN;
    return text && *text && *end == '\0' ? number : NAN;
}

/* Returns whether a metric that is given is the column of the objective's best step. */
static bool names_best_step(const char *metric, const struct best_objective *objective)
{
    CLEANUP(memory_free) char *name = config_metric_name(objective->metric, 0);
    CLEANUP(memory_free) char *column = text_format("best_%s", name);
    return objective->of_best && metric && best_objective_is_metric(metric, column);
}

/* Takes from the objective what was not given. */
static void take_objective(struct request *request, const struct table *table)
{
    CLEANUP(best_objective_free)
    struct best_objective objective = best_objective_find(request->log_dir, table);
    if (!objective.metric)
        return;
    if (names_best_step(request->metric, &objective)) {
        free(request->metric);
        request->metric = NULL;
    }
    if (request->metric &&
        (request->mode_given || !best_objective_is_metric(request->metric, objective.metric)))
        return;
    if (objective.note)
        tell("furcate best: %s\n", objective.note);
    request->of_best = objective.of_best && !request->metric;
    if (!request->metric)
        request->metric = memory_copy_text(objective.metric);
    if (!request->mode_given)
        request->is_max = objective.is_max;
    request->mode_given = true;
}

static bool is_metric(const char *column)
{
    static const char *const others[] = {
        "run_start_time",        "run_start_time_string", "run_end_time", "run_end_time_string",
        "run_total_time_string", "run_results",           "run_id",       "run_name",
        "run_attempts"};
    if (strncmp(column, "run_", 4) != 0)
        return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(column, others[i]) == 0)
            return false;
    return true;
}

static bool is_empty(const struct table *table, size_t column)
{
    for (size_t row = 0; row < table->row_count; row++) {
        const char *text = cell(table, row, (int)column);
        if (text && *text)
            return false;
    }
    return true;
}

static int refuse_metric(const struct cli_command *command, const struct request *request,
                         const struct table *table)
{
    CLEANUP(text_free) struct text names = {0};
    for (size_t i = 0; i < table->column_count; i++)
        if (is_metric(table->columns[i]) && !is_empty(table, i))
            text_addf(&names, "%s%s", names.len ? ", " : "", table->columns[i] + 4);
    if (table->row_count == 0) {
        tell("furcate best: run_data.csv has no rows yet, so there is nothing to rank\n");
        return CLI_SOME_FAILED;
    }
    if (request->of_best)
        return cli_refuse(command,
                          "no run has a best step of '%s': none has reported it, or its reports are gone; "
                          "--metric %s ranks them by the last",
                          request->metric, request->metric);
    if (request->metric)
        return cli_refuse(command, "run_data.csv has no column '%s'; it has %s", request->metric,
                          text_get(&names));
    return cli_refuse(command, "the config names no objective: choose one with --metric, of %s",
                      text_get(&names));
}

static int compare_up(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

struct ranking {
    struct ranked *rows; /* those with a finite value, best first */
    size_t count;
    size_t diverged, without; /* how many are left out: with nan or inf, and without a value */
};

static void free_ranking(struct ranking *ranking)
{
    free(ranking->rows);
}

static struct ranking rank_rows(const struct table *table, int column, bool is_max)
{
    struct ranking ranking = {.rows = memory_new(table->row_count, sizeof *ranking.rows)};
    for (size_t row = 0; row < table->row_count; row++) {
        const char *text = cell(table, row, column);
        double value = cell_number(text);
        if (isfinite(value))
            ranking.rows[ranking.count++] = (struct ranked){row, is_max ? -value : value};
        else if (text && *text)
            ranking.diverged++;
        else
            ranking.without++;
    }
    qsort(ranking.rows, ranking.count, sizeof *ranking.rows, compare_up);
    return ranking;
}

static void print_left_out(size_t count, const char *why, const char *metric)
{
    if (count > 0)
        tell("furcate best: %zu %s left out, %s %s\n", count, count == 1 ? "run is" : "runs are", why,
             metric);
}

/* Returns whether rows differ in a config column, so that it tells runs apart. */
static bool varies(const struct table *table, int column)
{
    const char *first = cell(table, 0, column);
    for (size_t row = 1; row < table->row_count; row++) {
        const char *other = cell(table, row, column);
        if (strcmp(first ? first : "", other ? other : "") != 0)
            return true;
    }
    return false;
}

static bool is_config_key(const char *column)
{
    return strncmp(column, "run_", 4) != 0 && strcmp(column, "meta") != 0 && strcmp(column, "log_dir") != 0 &&
           strcmp(column, "gpu_id") != 0;
}

typedef VECTOR(int) column_list;

/* Chooses the run's name, the metric, the keys that vary, test results and the time. */
static void choose_columns(const struct table *table, int metric, column_list *chosen)
{
    vector_push(chosen, table_column(table, "run_name"));
    vector_push(chosen, metric);
    for (size_t i = 0; i < table->column_count; i++)
        if (is_config_key(table->columns[i]) && varies(table, (int)i) && (int)i != metric)
            vector_push(chosen, (int)i);
    for (size_t i = 0; i < table->column_count; i++)
        if (strncmp(table->columns[i], "run_test_", 9) == 0 && (int)i != metric)
            vector_push(chosen, (int)i);
    int seconds = table_column(table, "run_total_time");
    if (seconds >= 0 && seconds != metric)
        vector_push(chosen, seconds);
}

/* Six significant digits are enough to read; a cell that is no number stays as it is. */
static char *shorten(const char *text)
{
    double number = cell_number(text);
    bool is_long = text && strlen(text) > 8 && strpbrk(text, ".e");
    return is_long && isfinite(number) ? text_format("%.6g", number) : memory_copy_text(text ? text : "");
}

static void print_table(const struct table *table, const struct ranked *ranked, size_t count, int metric)
{
    column_list chosen = {0};
    choose_columns(table, metric, &chosen);
    struct grid *grid = grid_create(2);
    for (size_t i = 0; i < chosen.count; i++) {
        const char *name = chosen.items[i] < 0 ? "run" : table->columns[chosen.items[i]];
        bool result = strncmp(name, "run_", 4) == 0;
        grid_add_column(grid, result ? name + 4 : name, result && i > 0);
    }
    char **cells = memory_new(chosen.count, sizeof *cells);
    for (size_t n = 0; n < count; n++) {
        for (size_t i = 0; i < chosen.count; i++)
            cells[i] = shorten(cell(table, ranked[n].row, chosen.items[i]));
        grid_add_row(grid, (const char *const *)cells);
        for (size_t i = 0; i < chosen.count; i++)
            free(cells[i]);
    }
    grid_print(grid);
    free(cells);
    grid_destroy(grid);
    vector_free(&chosen);
}

/* Prints the run directory of a row. It is looked for in the log dir as it was given, since that may have
 * been moved or copied after the row was written. */
static int print_path(const struct request *request, const struct table *table, size_t row)
{
    const char *written = cell(table, row, table_column(table, "log_dir"));
    if (!written || !*written) {
        tell("furcate best: the row of the best run has no log_dir, so its run directory is not known\n");
        return CLI_SOME_FAILED;
    }
    CLEANUP(memory_free) char *name = file_base_name(written);
    CLEANUP(memory_free) char *path = file_join(request->log_dir, name);
    struct stat info;
    if (!file_is_name(name) || lstat(path, &info) < 0 || !S_ISDIR(info.st_mode)) {
        tell("furcate best: the run directory of the best run, %s, is not there any more\n", path);
        return CLI_SOME_FAILED;
    }
    tell_data(path);
    tell_data("\n");
    return CLI_OK;
}

/* Returns the column of the last step where it has values, but no run has a finite one; else -1. */
static int find_diverged(const struct request *request, struct table *table)
{
    int column = metric_column(table, request->metric, false);
    if (column < 0)
        return -1;
    CLEANUP(free_ranking) struct ranking ranking = rank_rows(table, column, false);
    return ranking.count == 0 && ranking.diverged > 0 ? column : -1;
}

/* Returns the column to rank by; -1: there is none. */
static int find_metric(const struct request *request, struct table *table, struct best_steps *steps)
{
    if (!request->metric || !request->of_best)
        return request->metric ? metric_column(table, request->metric, false) : -1;
    *steps = best_steps_align(request->log_dir, table, request->metric, request->is_max);
    if (steps->column >= 0)
        return steps->column;
    *steps = (struct best_steps){0};
    return find_diverged(request, table);
}

static int print_best(const struct cli_command *command, struct request *request, struct table *table)
{
    struct best_steps steps = {0};
    take_objective(request, table);
    int metric = find_metric(request, table, &steps);
    if (metric < 0)
        return refuse_metric(command, request, table);
    bool is_max = request->mode_given ? request->is_max : !strstr(request->metric, "loss");
    const char *column = table->columns[metric];
    const char *name = strncmp(column, "run_", 4) == 0 ? column + 4 : column;

    CLEANUP(free_ranking) struct ranking ranking = rank_rows(table, metric, is_max);
    int status = ranking.count > 0 ? CLI_OK : CLI_SOME_FAILED;
    if (ranking.count == 0)
        tell("furcate best: no run has a number as its %s yet\n", name);
    else if (request->path_only)
        status = print_path(request, table, ranking.rows[0].row);
    else
        print_table(table, ranking.rows, ranking.count < request->count ? ranking.count : request->count,
                    metric);
    print_left_out(ranking.diverged, "with nan, inf or no number as", name);
    print_left_out(ranking.without - steps.lost, "without a value of", name);
    print_left_out(steps.lost, "made with another meta.objective and without reports to read again for",
                   name);
    if (steps.again > 0)
        tell("furcate best: %zu %s made with another meta.objective; %s was read again from %s\n",
             steps.again, steps.again == 1 ? "run was" : "runs were", name,
             steps.again == 1 ? "its run directory" : "their run directories");
    return status;
}

enum { option_path = 256, option_min, option_max };

static const struct option options[] = {{"log-dir", required_argument, NULL, 'd'},
                                        {"count", required_argument, NULL, 'n'},
                                        {"metric", required_argument, NULL, 'm'},
                                        {"min", no_argument, NULL, option_min},
                                        {"max", no_argument, NULL, option_max},
                                        {"path", no_argument, NULL, option_path},
                                        {0}};

static void take_metric(struct request *request, const char *name)
{
    free(request->metric);
    request->metric = memory_copy_text(name);
}

/* Returns -1, or the exit status when there is no more to do. */
static int read_options(const struct cli_command *command, int argc, char **argv, struct request *request)
{
    int option, status;
    while ((option = cli_next_option(command, argc, argv, options, &status)) != -1) {
        if (option == CLI_ARGUMENT)
            return cli_refuse(command, "'%s' is one argument too many; a log dir is given with -d %s", optarg,
                              optarg);
        else if (option == 'd')
            request->log_dir = optarg;
        else if (option == 'm')
            take_metric(request, optarg);
        else if (option == 'n' && (!cli_parse_count(optarg, &request->count) || request->count == 0))
            return cli_refuse(command, "'%s' is no count of runs: give 1 or more", optarg);
        else if (option == option_path)
            request->path_only = true;
        else if (option == option_min || option == option_max) {
            request->is_max = option == option_max;
            request->mode_given = true;
        }
    }
    return status;
}

static int best(const struct cli_command *command, int argc, char **argv)
{
    struct request request = {.log_dir = "logs", .count = 10};
    struct table table = {0};
    struct error err = {0};
    int status = read_options(command, argc, argv, &request);
    if (status == -1 && !table_read(request.log_dir, &table, &err)) {
        tell_error("furcate best", &err);
        status = CLI_USAGE;
    }
    if (status == -1)
        status = print_best(command, &request, &table);
    table_free(&table);
    free(request.metric);
    return status;
}

const struct cli_command cli_best = {
    .name = "best",
    .arguments = "[-d LOG_DIR] [-n COUNT] [-m METRIC [--min|--max]] [--path]",
    .summary = "the best runs by the config's objective",
    .help =
        "Prints a table of the finished runs of a log dir, best first: name, metric, the config keys that\n"
        "differ between runs, test results and seconds. On a narrow terminal long values are shortened, but\n"
        "no numbers, and the last columns are left out.\n\n"
        "  -d, --log-dir LOG_DIR  where run_data.csv is (default: logs)\n"
        "  -n, --count COUNT      at most so many runs (default: 10)\n"
        "  -m, --metric METRIC    a metric as it was reported, or any column of run_data.csv; 'run_' may be\n"
        "                         left out (default: meta.objective)\n"
        "      --min, --max       whether small or large is good (default: meta.objective, else small for a\n"
        "                         loss and large for anything else)\n"
        "      --path             print only the run directory of the best run, in LOG_DIR\n\n"
        "Runs whose metric is nan or infinite are left out, and counted on stderr. With \"of\": \"best\",\n"
        "the best step of a run that was made with another objective is read again from its directory.\n\n"
        "Exit status: 0; 1 when no run has a value of the metric, or its run directory is gone;\n"
        "2 bad usage.\n",
    .run = best,
};
