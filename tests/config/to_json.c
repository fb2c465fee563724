/* Prints a config as JSON, as furcate reads it, and unchecked: what share/furcate/config.schema.json is tried
 * on. usage: config-to-json FILE   (exit status 1 when it cannot be read at all) */
#include <stdio.h>

#include "config/config.h"

int main(int argc, char **argv)
{
    struct error err = {0};
    struct value *value = argc == 2 ? config_parse_file(argv[1], &err) : NULL;
    if (!value) {
        fprintf(stderr, "config-to-json: %s\n", argc == 2 ? err.text : "give one file");
        return 1;
    }
    struct text json = {0};
    value_add_json(&json, value);
    puts(text_get(&json));
    text_free(&json);
    value_unref(value);
    return 0;
}
