/* Puts every process that it is loaded into (LD_PRELOAD) into the locale of its environment, as a program
 * with setlocale(LC_ALL, "") does. */
#include <locale.h>
#include <unistd.h>

__attribute__((constructor)) static void enter(void)
{
    if (!setlocale(LC_ALL, ""))
        _exit(99); /* no test may pass by a locale that is not there */
}
