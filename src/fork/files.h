/* The open files of a program in its forks. */
#pragma once

/*
 * Opens the regular files of this process anew, those above stderr, each at its number, its flags and its
 * position: a fork shares the position with its parent and with other forks, and who reads would leave the
 * rest to them. What cannot be opened again stays shared.
 */
void files_reopen(void);
