#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fork/note.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t begun;

static void *wait_at_gate(void *name)
{
    if (name)
        pthread_setname_np(pthread_self(), name);
    pthread_barrier_wait(&begun);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return NULL;
}

/* What is noted while a thread of that name (NULL: its program's) waits. */
static struct server_note note_with_thread(const char *name)
{
    pthread_t thread;
    pthread_mutex_lock(&gate);
    pthread_barrier_init(&begun, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, wait_at_gate, (void *)name), 0);
    pthread_barrier_wait(&begun);
    struct server_note note = note_take();
    for (int i = 0; i < 1000 && note.others[0] != '/' && !note.pool[0]; i++)
        note = note_take(); /* it was not at the gate yet */
    pthread_mutex_unlock(&gate);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&begun);
    return note;
}

static void notes_no_thread_but_others(void **state)
{
    (void)state;
    struct server_note note = note_take();
    assert_int_equal(note.threads, 1);
    assert_string_equal(note.others, "");
    assert_string_equal(note.pool, "");
    assert_string_equal(note.gpu, "");
}

static void names_the_file_whose_code_a_thread_is_in(void **state)
{
    (void)state;
    char program[PATH_MAX] = "";
    assert_true(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
    struct server_note note = note_with_thread(NULL);
    assert_int_equal(note.threads, 2);
    assert_string_equal(note.pool, "");
    program[sizeof note.others - 1] = '\0';
    assert_string_equal(note.others, program);
}

/* Fills the part of the stack that is used next with addresses in another file's code. */
__attribute__((noinline)) static void leave_addresses(void)
{
    volatile uintptr_t left[1024];
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        left[i] = (uintptr_t)_assert_true + (i % 4 == 0 ? 1 : 0);
}

static bool gate_is_open;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;

static void *wait_on_used_stack(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&begun);
    leave_addresses();
    pthread_mutex_lock(&gate);
    while (!gate_is_open)
        pthread_cond_wait(&opened, &gate);
    pthread_mutex_unlock(&gate);
    return NULL;
}

static void takes_what_is_left_on_a_stack_for_no_call(void **state)
{
    (void)state;
    pthread_t thread;
    char program[PATH_MAX] = "";
    assert_true(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
    pthread_barrier_init(&begun, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, wait_on_used_stack, NULL), 0);
    pthread_barrier_wait(&begun);
    struct server_note note = note_take();
    for (int i = 0; i < 1000 && note.others[0] != '/'; i++)
        note = note_take();
    pthread_mutex_lock(&gate);
    gate_is_open = true;
    pthread_cond_signal(&opened);
    pthread_mutex_unlock(&gate);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&begun);
    program[sizeof note.others - 1] = '\0';
    assert_string_equal(note.others, program);
}

static void knows_threads_that_a_fork_waits_for_by_their_names(void **state)
{
    (void)state;
    struct server_note note = note_with_thread("tf_Compute");
    assert_string_equal(note.pool, "TensorFlow");
    assert_string_equal(note.others, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_no_thread_but_others),
        cmocka_unit_test(names_the_file_whose_code_a_thread_is_in),
        cmocka_unit_test(takes_what_is_left_on_a_stack_for_no_call),
        cmocka_unit_test(knows_threads_that_a_fork_waits_for_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
