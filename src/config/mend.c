#include "config/mend.h"

#include <string.h>

#include "base/memory.h"

/* What a mend moved: the characters of a line from this column on, of the mended text, by so many. */
struct mend_shift {
    uint32_t line, column;
    int by;
};

void config_mend(struct mended *mended, struct mend mend)
{
    struct text *text = &mended->text;
    struct value_place place = config_place_of(text, mend.offset);
    CLEANUP(text_free) struct text rest = {0};
    text_add(&rest, mend.inserted);
    text_add_bytes(&rest, text->data + mend.offset + mend.removed, text->len - mend.offset - mend.removed);
    text->len = mend.offset;
    text_add_bytes(text, rest.data, rest.len);
    mended->reached = mend.offset + strlen(mend.inserted);
    vector_push(&mended->shifts, ((struct mend_shift){place.line, place.column,
                                                      (int)strlen(mend.inserted) - (int)mend.removed}));
}

struct value_place config_mend_place(const struct mended *mended, struct value_place place)
{
    struct value_place given = place;
    for (size_t i = 0; i < mended->shifts.count; i++) {
        const struct mend_shift *shift = &mended->shifts.items[i];
        if (shift->line == place.line && shift->column < place.column)
            given.column = (uint32_t)((int64_t)given.column - shift->by);
    }
    return given;
}

size_t config_place_mark(const struct text *text)
{
    return text->len >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

struct value_place config_place_of(const struct text *text, size_t offset)
{
    struct value_place place = {1, 1, 0};
    for (size_t i = config_place_mark(text); i < offset; i++) {
        bool continues = ((unsigned char)text->data[i] & 0xc0) == 0x80;
        bool ends_line = text->data[i] == '\n';
        place.line += ends_line;
        place.column = ends_line ? 1 : place.column + !continues;
    }
    return place;
}

size_t config_place_offset(const struct text *text, struct value_place place)
{
    size_t offset = config_place_mark(text);
    for (uint32_t line = 1; line < place.line && offset < text->len; line++)
        offset += strcspn(text->data + offset, "\n") + 1;
    for (uint32_t column = 1; column < place.column && offset < text->len; column++)
        do
            offset++;
        while (offset < text->len && ((unsigned char)text->data[offset] & 0xc0) == 0x80);
    return offset < text->len ? offset : text->len;
}

void config_mended_free(struct mended *mended)
{
    text_free(&mended->text);
    vector_free(&mended->shifts);
}
