#include "run/readers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

enum { most_threads = 16 };

struct queue {
    struct reading *first, **end;
};

struct readers {
    uv_async_t ended;
    pthread_t threads[most_threads];
    size_t thread_count;

    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t wanted;
    struct queue waiting, done;
    size_t idle, reading;
    bool closing, is_abandoned;
};

static void push(struct queue *queue, struct reading *reading)
{
    reading->next = NULL;
    *queue->end = reading;
    queue->end = &reading->next;
}

static struct reading *pop(struct queue *queue)
{
    struct reading *reading = queue->first;
    queue->first = reading->next;
    if (!queue->first)
        queue->end = &queue->first;
    return reading;
}

static void clear(struct queue *queue)
{
    *queue = (struct queue){.end = &queue->first};
}

/* Waits for a reading; NULL when the readers are closed. Called with the mutex. */
static struct reading *wait_for_reading(struct readers *readers)
{
    readers->idle++;
    while (!readers->waiting.first && !readers->closing)
        pthread_cond_wait(&readers->wanted, &readers->mutex);
    readers->idle--;
    if (readers->closing)
        return NULL;
    readers->reading++;
    return pop(&readers->waiting);
}

/* Gives a reading back to the loop. Called with the mutex. */
static void give_back(struct readers *readers, struct reading *reading)
{
    push(&readers->done, reading);
    uv_async_send(&readers->ended);
}

static void *read_all(void *argument)
{
    struct readers *readers = argument;
    struct reading *reading;
    pthread_mutex_lock(&readers->mutex);
    while ((reading = wait_for_reading(readers))) {
        pthread_mutex_unlock(&readers->mutex);
        bool is_told = reading->on_read;
        reading->read(reading);
        pthread_mutex_lock(&readers->mutex);
        readers->reading--;
        if (readers->closing)
            break;
        if (is_told)
            give_back(readers, reading);
    }
    pthread_mutex_unlock(&readers->mutex);
    return NULL;
}

static void on_ended(uv_async_t *ended)
{
    struct readers *readers = ended->data;
    pthread_mutex_lock(&readers->mutex);
    struct reading *reading = readers->done.first;
    clear(&readers->done);
    pthread_mutex_unlock(&readers->mutex);
    while (reading) {
        struct reading *next = reading->next;
        reading->on_read(reading);
        reading = next;
    }
}

struct readers *readers_open(uv_loop_t *loop)
{
    struct readers *readers = memory_new(1, sizeof *readers);
    pthread_mutex_init(&readers->mutex, NULL);
    pthread_cond_init(&readers->wanted, NULL);
    clear(&readers->waiting);
    clear(&readers->done);
    uv_async_init(loop, &readers->ended, on_ended);
    readers->ended.data = readers;
    return readers;
}

/* Adds a thread. Where the machine has no further one, those that are there do the work; without any, the
 * caller does. */
static bool add_thread(struct readers *readers)
{
    if (readers->thread_count == most_threads)
        return false;
    bool made = pthread_create(&readers->threads[readers->thread_count], NULL, read_all, readers) == 0;
    readers->thread_count += made;
    return made;
}

void readers_add(struct readers *readers, struct reading *reading)
{
    pthread_mutex_lock(&readers->mutex);
    bool is_free = readers->idle > 0 && !readers->waiting.first;
    pthread_mutex_unlock(&readers->mutex);
    if (!is_free && !add_thread(readers) && readers->thread_count == 0) {
        bool is_told = reading->on_read;
        reading->read(reading);
        pthread_mutex_lock(&readers->mutex);
        if (is_told)
            give_back(readers, reading);
        pthread_mutex_unlock(&readers->mutex);
        return;
    }
    pthread_mutex_lock(&readers->mutex);
    push(&readers->waiting, reading);
    pthread_cond_signal(&readers->wanted);
    pthread_mutex_unlock(&readers->mutex);
}

static void on_closed(uv_handle_t *handle)
{
    struct readers *readers = handle->data;
    if (readers->is_abandoned)
        return;
    pthread_cond_destroy(&readers->wanted);
    pthread_mutex_destroy(&readers->mutex);
    free(readers);
}

bool readers_close(struct readers *readers)
{
    pthread_mutex_lock(&readers->mutex);
    readers->closing = true;
    readers->is_abandoned = readers->reading > 0 || readers->waiting.first;
    pthread_cond_broadcast(&readers->wanted);
    pthread_mutex_unlock(&readers->mutex);
    for (size_t i = 0; i < readers->thread_count; i++)
        if (readers->is_abandoned)
            pthread_detach(readers->threads[i]);
        else
            pthread_join(readers->threads[i], NULL);
    bool are_over = !readers->is_abandoned;
    uv_close((uv_handle_t *)&readers->ended, on_closed);
    return are_over;
}
