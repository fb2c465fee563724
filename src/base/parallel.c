#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

enum { most_threads = 16 };

struct jobs {
    size_t count;
    bool (*work)(void *context, size_t i);
    void *context;
    atomic_size_t next;
    atomic_bool failed;
};

static void *take_jobs(void *argument)
{
    struct jobs *jobs = argument;
    size_t i;
    while (!atomic_load(&jobs->failed) && (i = atomic_fetch_add(&jobs->next, 1)) < jobs->count)
        if (!jobs->work(jobs->context, i))
            atomic_store(&jobs->failed, true);
    return NULL;
}

bool parallel_each(size_t count, size_t threads, bool (*work)(void *context, size_t i), void *context)
{
    struct jobs jobs = {.count = count, .work = work, .context = context};
    pthread_t helpers[most_threads];
    size_t wanted = count < threads ? count : threads, made = 0;
    while (made + 1 < wanted && made < most_threads &&
           pthread_create(&helpers[made], NULL, take_jobs, &jobs) == 0)
        made++;
    take_jobs(&jobs);
    for (size_t i = 0; i < made; i++)
        pthread_join(helpers[i], NULL);
    return !atomic_load(&jobs.failed);
}
