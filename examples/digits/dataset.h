/* Images of handwritten digits with their labels, as the CSV files in data/ hold them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "problem.h"

enum { IMAGE_SIDE = 8, IMAGE_PIXELS = IMAGE_SIDE * IMAGE_SIDE, DIGIT_COUNT = 10 };

struct dataset {
    float *pixels;   /* count x IMAGE_PIXELS, each image row by row; 0..16 as read, 0..1 once scaled */
    uint8_t *digits; /* count */
    size_t count, capacity;
};

/* Reads CSV files (64 integers 0..16 and the digit a line). NULL with the file and line of what is wrong. */
struct dataset *dataset_read(const char *const *paths, size_t count, struct problem *problem);
void dataset_destroy(struct dataset *dataset);

/* One image's pixels; borrowed. */
float *dataset_image(const struct dataset *dataset, size_t i);

/* Pixels 0..16 to 0..1. */
void image_scale(float *pixels);
