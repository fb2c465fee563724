#include "base/expression.h"

#include <ctype.h>
#include <string.h>

/* A letter behind a backslash that has no meaning here, where "\d" would silently match a "d"; 0 when there
 * is none. The letters left out are those that regcomp(3) of glibc knows. */
static char foreign_escape(const char *expression)
{
    for (const char *c = strchr(expression, '\\'); c && c[1]; c = strchr(c + 2, '\\'))
        if (isalpha((unsigned char)c[1]) && !strchr("wWsSbB", c[1]))
            return c[1];
    return 0;
}

bool expression_compile(regex_t *compiled, const char *expression, struct error *err)
{
    char letter = foreign_escape(expression);
    if (letter == 'd')
        return error_set(err, ERROR_CONFIG, "it has no \\d; write [0-9]");
    if (letter)
        return error_set(err, ERROR_CONFIG, "it has no \\%c; spell out what is meant", letter);
    int code = regcomp(compiled, expression, REG_EXTENDED);
    if (code == 0)
        return true;
    if (code == REG_BADRPT && strstr(expression, "(?"))
        return error_set(err, ERROR_CONFIG, "it has no (?; write a plain ( )");
    char reason[256];
    regerror(code, compiled, reason, sizeof reason);
    return error_set(err, ERROR_CONFIG, "%s; grep -E takes the same and helps to correct it", reason);
}

bool expression_check(const char *expression, struct error *err)
{
    regex_t compiled;
    if (!expression_compile(&compiled, expression, err))
        return false;
    regfree(&compiled);
    return true;
}
