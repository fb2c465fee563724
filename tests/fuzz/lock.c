/* The bytes of furcate.lock: what is read of it can be written and read again, and shown. */
#include "fuzz.h"

#include "base/ascii.h"
#include "store/holders.h"

static bool parse(struct holders *holders, const char *bytes, size_t len)
{
    CLEANUP(memory_free) char *copy = memory_copy_bytes(bytes, len);
    return holders_parse(holders, copy, len);
}

static void check_text(const char *text)
{
    for (; *text; text++)
        REQUIRE(ascii_is_printable(*text));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct holders holders, again;
    CLEANUP(text_free) struct text text = {0};
    if (!parse(&holders, (const char *)bytes, len)) {
        REQUIRE(holders.runner.pid == 0 && !holders.token[0] && !holders.group[0]);
        return 0;
    }
    REQUIRE(holders.runner.pid > 0 && holders.guardian.pid >= 0);
    REQUIRE(!holders.token[0] || token_is_well_formed(holders.token));
    check_text(holders.machine.host);
    holders_format(&holders, &text);
    REQUIRE(parse(&again, text.data, text.len));
    REQUIRE(again.runner.pid == holders.runner.pid && again.runner.start == holders.runner.start);
    REQUIRE(again.lock.inode == holders.lock.inode && again.lock.born == holders.lock.born);
    REQUIRE(strcmp(again.token, holders.token) == 0 && strcmp(again.group, holders.group) == 0);
    return 0;
}
