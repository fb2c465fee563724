#include "base/matcher.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/expression_translate.h"
#include "base/memory.h"
#include "base/text.h"

enum {
    at_start = 1,               /* numbers of callouts: before each place where a match may begin */
    at_end = 2,                 /* and where one has been found */
    most_steps = 5000000,       /* of one search from one place: half a second */
    most_steps_further = 10000, /* to find a longer match */
    most_heap_kb = 32 * 1024,
    most_stack = 8 * 1024 * 1024,
};

/* A step that compares with a part of the match costs its length. */
static const size_t most_compared = 300 * 1000 * 1000;

static const int64_t most_ns = 1000000000, free_ns = 10000000;

/* One search, for its callouts. */
struct search {
    struct match_effort *effort;
    size_t starts;
    regmatch_t *parts; /* of the longest match; where it does not matter which one, NULL */
    size_t count;
};

struct matcher {
    pcre2_code *code;
    pcre2_code *all; /* the same, and goes on to all matches at one place; NULL: the first is the longest */
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    bool compares; /* with what a part has matched, as \1 does */
};

static int64_t cpu_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Returns whether the effort is spent. The CPU's time counts, so that a machine under load skips nothing that
 * another would find; it is asked for only where a line is unusual, since that is a system call. */
static bool is_spent(struct match_effort *effort)
{
    int64_t now = clock_monotonic();
    if (effort->began == 0)
        effort->began = now;
    if (now - effort->began < free_ns)
        return false;
    if (effort->cpu_at == 0)
        effort->cpu_at = cpu_now();
    return cpu_now() - effort->cpu_at >= most_ns;
}

static void take_parts(regmatch_t *parts, size_t count, const PCRE2_SIZE *offsets, size_t known)
{
    for (size_t i = 0; i < count; i++) {
        bool is_set = i < known && offsets[2 * i] != PCRE2_UNSET;
        parts[i].rm_so = is_set ? (regoff_t)offsets[2 * i] : -1;
        parts[i].rm_eo = is_set ? (regoff_t)offsets[2 * i + 1] : -1;
    }
}

/* Keeps a match that is longer than those before it, and lets PCRE2 look for further ones. */
static int note_match(const pcre2_callout_block *block, struct search *search)
{
    if ((regoff_t)block->current_position > search->parts[0].rm_eo) {
        take_parts(search->parts, search->count, block->offset_vector, block->capture_top);
        search->parts[0].rm_so = (regoff_t)block->start_match;
        search->parts[0].rm_eo = (regoff_t)block->current_position;
    }
    return 1;
}

static int on_callout(pcre2_callout_block *block, void *context)
{
    struct search *search = context;
    if (block->callout_number == at_end)
        return note_match(block, search);
    return search->starts++ % 16 == 15 && is_spent(search->effort) ? PCRE2_ERROR_CALLOUT : 0;
}

/* Compiles the pattern that `format` makes of the expression. */
static pcre2_code *compile(const char *format, const char *expression, uint32_t options, struct error *err)
{
    int code;
    PCRE2_SIZE at;
    CLEANUP(text_free) struct text whole = {0};
    text_addf(&whole, format, expression);
    options |= PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)text_get(&whole), whole.len, options, &code, &at, NULL);
    if (!compiled && code == PCRE2_ERROR_NOMEMORY)
        memory_end();
    if (!compiled) {
        PCRE2_UCHAR reason[128];
        pcre2_get_error_message(code, reason, sizeof reason);
        error_set(err, ERROR_CONFIG, "%s", (const char *)reason);
        return NULL;
    }
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE); /* where that cannot be, it is interpreted */
    return compiled;
}

struct matcher *matcher_create(const char *expression, struct error *err)
{
    CLEANUP(text_free) struct text translated = {0};
    expression_translate(&translated, expression);
    struct matcher *matcher = memory_new(1, sizeof *matcher);
    matcher->compares = strstr(text_get(&translated), "\\g{");
    matcher->code = compile("(?C1)(?:%s)", text_get(&translated), 0, err);
    if (matcher->code && strchr(expression, '|'))
        matcher->all = compile("(?:%s)(?C2)", text_get(&translated), PCRE2_ANCHORED, err);
    if (!matcher->code || (strchr(expression, '|') && !matcher->all)) {
        matcher_destroy(matcher);
        return NULL;
    }
    matcher->data = pcre2_match_data_create_from_pattern(matcher->code, NULL);
    matcher->context = pcre2_match_context_create(NULL);
    if (!matcher->data || !matcher->context)
        memory_end();
    matcher->stack = pcre2_jit_stack_create(32 * 1024, most_stack, NULL);
    pcre2_set_heap_limit(matcher->context, most_heap_kb);
    pcre2_jit_stack_assign(matcher->context, NULL, matcher->stack);
    return matcher;
}

void matcher_destroy(struct matcher *matcher)
{
    if (!matcher)
        return;
    pcre2_match_context_free(matcher->context);
    pcre2_match_data_free(matcher->data);
    pcre2_jit_stack_free(matcher->stack);
    pcre2_code_free(matcher->code);
    pcre2_code_free(matcher->all);
    free(matcher);
}

/* Goes on from the match at hand to the longest at the same place. Where that takes too long, the longest so
 * far counts. */
static void lengthen(struct matcher *matcher, const char *text, struct search *search, uint32_t options)
{
    regmatch_t *parts = search->parts;
    regoff_t begin = parts[0].rm_so;
    if (!matcher->all)
        return;
    pcre2_set_callout(matcher->context, on_callout, search);
    pcre2_set_match_limit(matcher->context, most_steps_further);
    pcre2_match(matcher->all, (PCRE2_SPTR)text, strlen(text), (PCRE2_SIZE)begin, options, matcher->data,
                matcher->context);
}

static bool is_too_costly(int code)
{
    return code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_HEAPLIMIT ||
           code == PCRE2_ERROR_DEPTHLIMIT || code == PCRE2_ERROR_JIT_STACKLIMIT ||
           code == PCRE2_ERROR_CALLOUT;
}

enum match_result matcher_find(struct matcher *matcher, const char *text, regmatch_t *parts, size_t count,
                               int flags, struct match_effort *effort)
{
    struct search search = {.effort = effort, .parts = parts, .count = count};
    uint32_t options = flags & REG_NOTBOL ? PCRE2_NOTBOL : 0;
    size_t len = strlen(text), steps = matcher->compares ? most_compared / (len + 1) : most_steps;
    if (is_spent(effort))
        return MATCH_COSTLY;
    pcre2_set_callout(matcher->context, on_callout, &search);
    pcre2_set_match_limit(matcher->context, steps < most_steps ? (uint32_t)steps : most_steps);
    int found =
        pcre2_match(matcher->code, (PCRE2_SPTR)text, len, 0, options, matcher->data, matcher->context);
    if (found == PCRE2_ERROR_NOMEMORY)
        memory_end();
    if (found < 0)
        return is_too_costly(found) ? MATCH_COSTLY : MATCH_NONE;
    take_parts(parts, count, pcre2_get_ovector_pointer(matcher->data), (size_t)found);
    lengthen(matcher, text, &search, options);
    return MATCH_FOUND;
}

int64_t match_effort_spent(const struct match_effort *effort)
{
    return effort->cpu_at ? cpu_now() - effort->cpu_at : 0;
}
