/* Which file systems tell of their changes. */
#include "../plan/plan_fixture.h"

#include <linux/magic.h>

#include "run/file_system.h"

static void a_local_file_system_tells(void **state)
{
    (void)state;
    static const long local[] = {EXT4_SUPER_MAGIC,      XFS_SUPER_MAGIC,  BTRFS_SUPER_MAGIC, TMPFS_MAGIC,
                                 OVERLAYFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, MSDOS_SUPER_MAGIC};
    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        assert_true(file_system_tells(local[i]));
}

static void one_over_a_network_does_not(void **state)
{
    (void)state;
    static const long remote[] = {NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC,  CIFS_SUPER_MAGIC,
                                  SMB2_SUPER_MAGIC, V9FS_MAGIC,       FUSE_SUPER_MAGIC,
                                  AFS_FS_MAGIC,     CODA_SUPER_MAGIC, CEPH_SUPER_MAGIC};
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        assert_false(file_system_tells(remote[i]));
}

static void an_unknown_one_is_not_trusted(void **state)
{
    (void)state;
    assert_false(file_system_tells(0x0BD00BD0)); /* Lustre */
    assert_false(file_system_tells(0x47504653)); /* GPFS */
    assert_false(file_system_tells(0x12345678));
    assert_false(file_system_tells(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_local_file_system_tells),
        cmocka_unit_test(one_over_a_network_does_not),
        cmocka_unit_test(an_unknown_one_is_not_trusted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
