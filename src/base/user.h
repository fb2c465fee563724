/* The users of this machine. */
#pragma once
#include <sys/types.h>

/* Returns the name of a user, or the number where there is none; free() it. */
char *user_name(uid_t user);
