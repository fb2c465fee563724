/* Allocation that ends the program with a message when there is no memory, so that callers need no check. */
#pragma once
#include <stddef.h>

/* Returns `count` zeroed items of `size` bytes; free() them. */
void *memory_new(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Does realloc() for `count` items of `size` bytes; new bytes are not cleared. */
void *memory_resize(void *block, size_t count, size_t size) __attribute__((returns_nonnull));

/* Returns what to do where this process is limited in how much memory it may have: " (raise the limit …)";
 * NULL where it is not. */
const char *memory_limit_remedy(void);

/* Ends the program as these do, for libraries that report a lack of memory as a failure of another kind. */
void memory_end(void) __attribute__((noreturn));

/* Returns a copy of `text`, or of its first `len` bytes; free() it. */
char *memory_copy_text(const char *text) __attribute__((malloc, returns_nonnull));
char *memory_copy_bytes(const char *bytes, size_t len) __attribute__((malloc, returns_nonnull));

/* For scope-bound blocks: `CLEANUP(memory_free) char *path = …;`. The variable may be unused, since clang
 * takes one for unused that only its cleanup uses. */
#define CLEANUP(function) __attribute__((cleanup(function), unused))
void memory_free(void *pointer_to_block);
