/* What a killed runner has left executing. */
#pragma once

/*
 * Ends the processes of a runner that was killed together with its guardian, so that none of them writes to
 * the log dir any more: those in its control group, and those that have FURCATE_RUN_DIR below the log dir in
 * their environment. Waits until they are gone, ten seconds at most. Returns how many there were.
 *
 * log_dir  absolute
 * group    folder of the runner's control group; "": it had none
 */
int leftovers_end(const char *log_dir, const char *group);
