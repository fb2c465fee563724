/*
 * What the runner and a fork server say to each other: the server is the program of the runs, started once,
 * which stops where it is about to become a run and is forked for each (src/fork/serve.c).
 *
 *   server ──── struct server_note ────▶ runner     it is warm; with an open file of its source files' paths
 *   runner ──── struct server_request ─▶ server     one for each attempt, with open files
 *   run    ──── struct server_reply ───▶ runner     by the request's socket, once the runner is its parent
 *   runner ──── one byte ──────────────▶ run        it is one of its attempts; without that it ends
 *
 * The socket of the server closes when the runner wants no more of it, or is gone.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The number of the server's socket. */
#define SERVER_VARIABLE "FURCATE_SERVER"

/* Of these messages: the library in the server may be of another furcate than the runner. */
enum { SERVER_VERSION = 2 };

struct server_note {
    uint32_t version; /* SERVER_VERSION; first in all versions */
    uint32_t threads; /* of the server; of all but the one that forks nothing is left in a run */
    char pool[128];   /* whose threads it has started that a fork would wait for in vain; "": nobody's */
    char others[128]; /* whose threads, of which it is not known whether a fork does without; "": nobody's */
    char gpu[64];     /* the file of a GPU that it has opened, whose context no fork survives; "": none */
};

/* The files of a request, in this order. */
enum {
    SERVER_PAYLOAD, /* the working directory, the arguments, the environment; each text ends with a NUL */
    SERVER_OUTPUT,
    SERVER_ERRORS,
    SERVER_REPLY, /* SOCK_SEQPACKET */
    SERVER_GROUP, /* folder of the control group to join, if has_group */
    SERVER_FILES
};

struct server_request {
    uint32_t arguments, variables;
    pid_t runner;
    bool has_group;
};

struct server_reply {
    pid_t pid;
    int error; /* an errno, which kept it from becoming a run; 0: nothing */
    bool in_group;
};
