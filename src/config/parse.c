#include "config/parse.h"

#include <errno.h>
#include <libfyaml.h>
#include <string.h>

#include "base/memory.h"
#include "config/builder.h"
#include "config/mend.h"
#include "config/slip.h"
#include "config/syntax.h"
#include "config/tag.h"
#include "config/unclosed.h"

/* Faults of syntax that one report names: behind many, what looks like a fault is mostly none. */
enum { most_mends = 20 };

/* One pass over the text. */
struct reader {
    struct builder builder; /* its faults are those of this pass */
    struct syntax_point point;
    struct fy_parser *parser;
    struct fy_diag *diagnostics;
    bool ended;                   /* the whole text was read */
    struct faults *syntax_faults; /* what stopped this pass */
    struct mend mend;             /* with it the next pass comes further */
};

static struct value_place mark_place(const struct reader *reader, const struct fy_mark *mark, unsigned before)
{
    struct value_place place = {(uint32_t)mark->line + 1, (uint32_t)mark->column + 1 - before,
                                reader->point.source};
    return config_mend_place(reader->point.mended, place);
}

/* Where an event begins, `before` characters before its mark; the place of its key for a value left empty. */
static struct value_place event_place(struct reader *reader, struct fy_event *event, unsigned before)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    const struct frame *frame = config_builder_top(&reader->builder);
    if (!mark)
        return frame && frame->key ? frame->key_place : (struct value_place){1, 1, reader->point.source};
    return mark_place(reader, mark, before);
}

/* A copy of the token's text; NULL for no token. Piece by piece: libfyaml 0.7.12 miscounts the length of the
 * whole for some strings over several lines, and then gives bytes that it never wrote. */
static char *copy_token(struct fy_token *token, size_t *len)
{
    struct text text = {0};
    if (!token)
        return NULL;
    struct fy_token_iter *pieces = fy_token_iter_create(token);
    if (!pieces)
        memory_end();
    const struct fy_iter_chunk *piece = NULL;
    while ((piece = fy_token_iter_chunk_next(pieces, piece, NULL)))
        text_add_bytes(&text, piece->str, piece->len);
    fy_token_iter_destroy(pieces);
    *len = text.len;
    return text_take(&text);
}

static char *copy_anchor(struct fy_event *event)
{
    size_t len;
    return copy_token(fy_event_get_anchor_token(event), &len);
}

/* Returns the event's tag, whose name is to be freed; its name is NULL where there is none. */
static struct tag find_tag(struct reader *reader, struct fy_event *event)
{
    size_t len;
    struct fy_token *token = fy_event_get_tag_token(event);
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
    return (struct tag){copy_token(token, &len),
                        mark ? mark_place(reader, mark, 0) : (struct value_place){0}};
}

static void free_tag(struct tag *tag)
{
    free(tag->name);
}

/* Notes how far the text was read; `behind`: bytes behind the token's mark that belong to it. */
static void note_point(struct reader *reader, struct fy_event *event, size_t behind)
{
    const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);
    reader->point.is_plain = false;
    reader->point.lacks_colon = !start;
    if (!start || !end)
        return;
    reader->point.start = start->input_pos;
    reader->point.end = end->input_pos + behind;
}

static bool add_scalar(struct reader *reader, struct fy_event *event, bool is_plain, struct value_place place)
{
    size_t len = 0;
    CLEANUP(memory_free) char *text = copy_token(event->scalar.value, &len);
    CLEANUP(free_tag) struct tag tag = find_tag(reader, event);
    struct faults *faults = reader->builder.faults;
    if (config_builder_wants_key(&reader->builder)) {
        bool may_merge = tag.name ? config_tag_check_key(&tag, faults) : is_plain;
        return config_builder_add_key(&reader->builder, text ? text : "", len, may_merge, place);
    }
    struct value *value = config_tag_scalar(&tag, text ? text : "", len, is_plain, place, faults);
    value_set_place(value, place);
    CLEANUP(memory_free) char *anchor = copy_anchor(event);
    return config_builder_add_scalar(&reader->builder, value, anchor);
}

static const char *find_misread(const struct reader *reader, struct fy_event *event,
                                enum fy_scalar_style style)
{
    const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);
    if (!start || !end || (style != FYSS_SINGLE_QUOTED && style != FYSS_DOUBLE_QUOTED))
        return NULL;
    return config_syntax_find_misread(text_get(&reader->point.mended->text) + start->input_pos,
                                      end->input_pos - start->input_pos, style == FYSS_SINGLE_QUOTED);
}

static bool fail_without_value(struct reader *reader, const struct frame *frame, bool is_quoted)
{
    fault_add(reader->syntax_faults, FAULT_ERROR, frame->key_place,
              "'%s' has no value; write one after the ':', and a comma after that", frame->key);
    reader->mend = (struct mend){reader->point.start - is_quoted, 0, "null, "};
    return false;
}

static bool on_scalar(struct reader *reader, struct fy_event *event)
{
    const struct frame *frame = config_builder_top(&reader->builder);
    struct fy_token *token = event->scalar.value;
    enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
    bool is_quoted = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
    struct value_place place = event_place(reader, event, is_quoted);

    note_point(reader, event, is_quoted);
    reader->point.is_plain = token && style == FYSS_PLAIN;
    if (token && config_slip_is_next_key(&reader->point, frame))
        return fail_without_value(reader, frame, is_quoted);
    if (reader->point.is_plain && config_slip_holds_foreign_comment(frame, token))
        return config_builder_fail(&reader->builder, place, CONFIG_FOREIGN_COMMENT);
    if (reader->point.is_plain && config_slip_runs_over_lines(frame, event)) {
        reader->mend = config_syntax_add_missing_comma(reader->syntax_faults, &reader->point);
        return false;
    }
    if (config_slip_lacks_space(frame, token))
        return config_builder_fail(&reader->builder, place, CONFIG_MISSING_SPACE);
    if (reader->point.is_plain)
        config_slip_warn(&reader->point, frame, place, reader->builder.faults);
    const char *misread = find_misread(reader, event, style);
    if (misread)
        return config_builder_fail(&reader->builder, place, misread);
    return add_scalar(reader, event, style == FYSS_PLAIN, place);
}

static bool on_alias(struct reader *reader, struct fy_event *event)
{
    struct value_place place = event_place(reader, event, 1);
    note_point(reader, event, 0);
    if (config_builder_wants_key(&reader->builder))
        return config_builder_fail(&reader->builder, place, "an alias cannot be a key; write the key out");
    size_t len;
    CLEANUP(memory_free) char *name = copy_token(event->alias.anchor, &len);
    return config_builder_add_alias(&reader->builder, name ? name : "", place);
}

static bool open_container(struct reader *reader, struct fy_event *event, struct value *container)
{
    value_set_place(container, event_place(reader, event, 0));
    note_point(reader, event, 0);
    CLEANUP(free_tag) struct tag tag = find_tag(reader, event);
    if (tag.name)
        config_tag_check_container(&tag, container, reader->builder.faults);
    CLEANUP(memory_free) char *anchor = copy_anchor(event);
    return config_builder_open(&reader->builder, container, anchor,
                               fy_event_get_node_style(event) == FYNS_FLOW);
}

static bool on_array(struct reader *reader, struct fy_event *event)
{
    return open_container(reader, event, value_new_array());
}

static bool on_object(struct reader *reader, struct fy_event *event)
{
    return open_container(reader, event, value_new_object());
}

static bool on_end(struct reader *reader, struct fy_event *event)
{
    note_point(reader, event, 0);
    return config_builder_close(&reader->builder);
}

static bool on_document(struct reader *reader, struct fy_event *event)
{
    struct builder *builder = &reader->builder;
    return !builder->root ||
           config_builder_fail(builder, event_place(reader, event, 0),
                               "a second document begins here; keep one, and remove the line ---");
}

static bool on_stream_end(struct reader *reader, struct fy_event *event)
{
    (void)event;
    reader->ended = true;
    return true;
}

static bool (*const handlers[])(struct reader *, struct fy_event *) = {
    [FYET_DOCUMENT_START] = on_document, [FYET_SCALAR] = on_scalar,         [FYET_ALIAS] = on_alias,
    [FYET_SEQUENCE_START] = on_array,    [FYET_SEQUENCE_END] = on_end,      [FYET_MAPPING_START] = on_object,
    [FYET_MAPPING_END] = on_end,         [FYET_STREAM_END] = on_stream_end,
};

static bool handle(struct reader *reader, struct fy_event *event)
{
    size_t type = (size_t)event->type;
    bool known = type < sizeof handlers / sizeof *handlers && handlers[type];
    return !known || handlers[type](reader, event);
}

static void drop_output(struct fy_diag *diagnostics, void *user, const char *bytes, size_t len)
{
    (void)diagnostics;
    (void)user;
    (void)bytes;
    (void)len;
}

static void open_reader(struct reader *reader)
{
    struct fy_diag_cfg quiet;
    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL; /* else it prints there what it does not collect, and asks a terminal for its size */
    quiet.output_fn = drop_output;
    reader->diagnostics = fy_diag_create(&quiet);
    fy_diag_set_collect_errors(reader->diagnostics, true);
    struct fy_parse_cfg config = {
        .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2 |
                 FYPCF_SLOPPY_FLOW_INDENTATION | FYPCF_ALLOW_DUPLICATE_KEYS,
        .diag = reader->diagnostics,
    };
    reader->parser = fy_parser_create(&config);
}

static void close_reader(struct reader *reader)
{
    config_builder_free(&reader->builder);
    fy_parser_destroy(reader->parser);
    fy_diag_destroy(reader->diagnostics);
}

/* Notes the brackets that are open; closers has room for all frames and a NUL. */
static void note_open(struct reader *reader, char *closers)
{
    const struct builder *builder = &reader->builder;
    size_t count = 0;
    for (size_t i = 0; i < builder->frames.count; i++) {
        const struct frame *frame = &builder->frames.items[i];
        if (!frame->in_flow)
            continue;
        closers[count++] = value_kind(frame->container) == VALUE_ARRAY ? ']' : '}';
        reader->point.opened = value_place(frame->container);
    }
    closers[count] = '\0';
    reader->point.closers = closers;
}

static bool add_syntax_fault(struct reader *reader)
{
    CLEANUP(memory_free) char *closers = memory_new(reader->builder.frames.count + 1, 1);
    note_open(reader, closers);
    void *position = NULL;
    const struct fy_diag_error *found;
    do
        found = fy_diag_errors_iterate(reader->diagnostics, &position);
    while (found && found->type < FYET_ERROR);
    reader->mend = config_syntax_add_fault(reader->syntax_faults, &reader->point, found);
    return false;
}

static bool read_events(struct reader *reader)
{
    const struct text *text = &reader->point.mended->text;
    if (text->len == 0)
        return true; /* libfyaml takes no empty text */
    if (fy_parser_set_string(reader->parser, text->data, text->len) != 0)
        return add_syntax_fault(reader);
    struct fy_event *event;
    bool good = true;
    while (good && (event = fy_parser_parse(reader->parser))) {
        good = handle(reader, event);
        fy_parser_event_free(reader->parser, event);
    }
    return good && (reader->ended || add_syntax_fault(reader));
}

/* Returns the outermost array or object in brackets, where it stands within YAML's block style; NULL: none.
 */
static const struct frame *find_outermost_bracket(const struct reader *reader)
{
    const struct builder *builder = &reader->builder;
    for (size_t i = 0; i < builder->frames.count; i++)
        if (builder->frames.items[i].in_flow)
            return i > 0 ? &builder->frames.items[i] : NULL;
    return NULL;
}

/* Where a bracket was not closed, what stopped this pass is a consequence of that: tells of the bracket
 * instead. */
static void check_unclosed(struct reader *reader)
{
    struct unclosed unclosed;
    const struct text *text = &reader->point.mended->text;
    const struct frame *bracket = find_outermost_bracket(reader);
    if (!bracket)
        return;
    struct value_place place = value_place(bracket->container);
    const struct frame *parent = bracket - 1;
    uint32_t column = parent->key ? parent->key_place.column : value_place(parent->container).column;
    if (!config_unclosed_find(text, config_place_offset(text, place), column, &unclosed))
        return;
    faults_destroy(reader->syntax_faults);
    reader->syntax_faults = faults_create("");
    config_syntax_add_unclosed(reader->syntax_faults, place, unclosed.mend.inserted, unclosed.line);
    reader->mend = unclosed.mend;
}

/* Whether the mend comes behind the last one, so that the next pass comes further than this. */
static bool leads_on(const struct mended *mended, struct mend mend)
{
    bool mends = mend.removed > 0 || mend.inserted[0];
    return mends && mended->shifts.count < most_mends && mend.offset >= mended->reached;
}

/* Reads the text once. *again: it was mended and is to be read again; else *root is set, NULL when the text
 * cannot be read. */
static void read_once(struct mended *mended, uint32_t source, struct faults *faults, struct value **root,
                      bool *again)
{
    struct reader reader = {.builder.faults = faults_create(""),
                            .syntax_faults = faults_create(""),
                            .point = {.mended = mended, .source = source}};
    errno = 0;
    open_reader(&reader);
    bool good = read_events(&reader);
    if (errno == ENOMEM)
        memory_end(); /* the text may well be right */
    if (!good)
        check_unclosed(&reader);
    close_reader(&reader);

    /* A fault that is no further on is a consequence of the mend, rather than of what the user wrote. */
    *again = leads_on(mended, reader.mend);
    if (*again || mended->shifts.count == 0)
        faults_move(faults, reader.syntax_faults);
    if (*again)
        config_mend(mended, reader.mend);
    else
        faults_move(faults, reader.builder.faults);
    *root = good && !*again ? reader.builder.root : NULL;
    if (!*root)
        value_unref(reader.builder.root);
    faults_destroy(reader.builder.faults);
    faults_destroy(reader.syntax_faults);
}

struct value *config_parse_source(const char *bytes, size_t len, uint32_t source, struct faults *faults)
{
    struct value *root = NULL;
    struct mended mended = {0};
    text_add_bytes(&mended.text, bytes, len);
    struct syntax_point whole = {.mended = &mended, .source = source};
    bool again = config_syntax_check_bytes(faults, &whole);
    bool readable = again;
    while (again)
        read_once(&mended, source, faults, &root, &again);
    if (readable && !root && faults_count(faults, FAULT_ERROR) == 0)
        fault_add(faults, FAULT_ERROR, (struct value_place){.source = source},
                  "is empty; write an object of keys and values into it");
    config_mended_free(&mended);
    return root;
}

struct value *config_parse_text(const char *text, size_t len, struct faults *faults)
{
    return config_parse_source(text, len, 0, faults);
}
