/* Messages with open files over a SOCK_SEQPACKET socket (SCM_RIGHTS). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { MESSAGE_FILES = 8 };

/* Sends one message of `size` bytes with `count` open files, at most MESSAGE_FILES. False with errno set. */
bool message_send(int socket, const void *bytes, size_t size, const int *files, size_t count);
/*
 * Waits for one. Its open files are the caller's to close, will not outlive exec(2), and stand in `files`,
 * which has room for MESSAGE_FILES; the rest of it is -1. Returns the size, 0 when the other end is closed,
 * or -1 with errno set.
 */
ssize_t message_receive(int socket, void *bytes, size_t size, int files[MESSAGE_FILES]);
/* An open file, to be sent, with what is too long for a message; it is read from its start. The caller closes
 * it. -1 with errno set. */
int message_file(const char *bytes, size_t size);
