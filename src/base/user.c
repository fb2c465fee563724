#include "base/user.h"

#include <pwd.h>
#include <stddef.h>

#include "base/memory.h"
#include "base/text.h"

char *user_name(uid_t user)
{
    char texts[4096];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(user, &entry, texts, sizeof texts, &found) == 0 && found)
        return memory_copy_text(found->pw_name);
    return text_format("%ld", (long)user);
}
