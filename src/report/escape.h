#pragma once

/* Takes the escape sequences of a terminal (ECMA-48) out of a line, in place: colours, moves, titles. */
void escape_strip(char *line);
