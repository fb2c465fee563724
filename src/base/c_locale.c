#include "base/c_locale.h"

locale_t c_locale(void)
{
    /* The C library has this one ready, so that nothing is allocated. */
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

locale_t c_locale_enter(void)
{
    return uselocale(c_locale());
}

void c_locale_leave(const locale_t *before)
{
    uselocale(*before);
}
