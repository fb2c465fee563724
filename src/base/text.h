/* Text that grows. `struct text out = {0};` is empty; text_free() (or CLEANUP(text_free)) ends it. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
    char *data; /* NUL-terminated once anything was added; NULL before */
    size_t len, capacity;
};

void text_add(struct text *text, const char *more);
void text_add_bytes(struct text *text, const char *bytes, size_t len);
void text_add_char(struct text *text, char c);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_addv(struct text *text, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
/* Adds `bytes` as a JSON string, quotes included (RFC 8259); bytes that are no UTF-8 become U+FFFD. */
void text_add_json_string(struct text *text, const char *bytes, size_t len);
/* Adds the shortest decimal that reads back as `number`; "NaN", "Infinity" and "-Infinity" as Python's json
 * does. */
void text_add_number(struct text *text, double number);

/* The content, "" when empty; borrowed. */
const char *text_get(const struct text *text);
/* The content for the caller to free(); the text is empty afterwards. */
char *text_take(struct text *text);
void text_clear(struct text *text);
/* Keeps the first `len` bytes. */
void text_cut(struct text *text, size_t len);
void text_free(struct text *text);

/* printf into fresh memory; free() it. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
