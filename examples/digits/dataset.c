#include "dataset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const float pixel_max = 16;

/* Reads an integer 0..max and the separator behind it. */
static bool read_field(const char **rest, long max, char separator, long *number)
{
    char *end;
    *number = strtol(*rest, &end, 10);
    bool ends = *end == separator || (separator == '\n' && (*end == '\0' || *end == '\r'));
    if (end == *rest || *number < 0 || *number > max || !ends)
        return false;
    *rest = end + 1;
    return true;
}

static bool read_image(const char *line, float *pixels, uint8_t *digit)
{
    long number;
    for (size_t i = 0; i < IMAGE_PIXELS; i++) {
        if (!read_field(&line, (long)pixel_max, ',', &number))
            return false;
        pixels[i] = (float)number;
    }
    if (!read_field(&line, DIGIT_COUNT - 1, '\n', &number))
        return false;
    *digit = (uint8_t)number;
    return true;
}

static bool grow(struct dataset *dataset)
{
    size_t capacity = dataset->capacity ? 2 * dataset->capacity : 256;
    float *pixels = reallocarray(dataset->pixels, capacity, IMAGE_PIXELS * sizeof *pixels);
    if (pixels)
        dataset->pixels = pixels;
    uint8_t *digits = realloc(dataset->digits, capacity);
    if (digits)
        dataset->digits = digits;
    if (!pixels || !digits)
        return false;
    dataset->capacity = capacity;
    return true;
}

static bool read_lines(struct dataset *dataset, const char *path, FILE *file, struct problem *problem)
{
    char line[1024];
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        if (dataset->count == dataset->capacity && !grow(dataset))
            return problem_set(problem, "%s:%d: out of memory", path, number);
        if (!read_image(line, dataset_image(dataset, dataset->count), &dataset->digits[dataset->count]))
            return problem_set(
                problem, "%s:%d: not an image: write %d pixels 0..16 and the digit, separated by commas",
                path, number, IMAGE_PIXELS);
        dataset->count++;
    }
    return !ferror(file) || problem_set(problem, "cannot read %s: %s", path, strerror(errno));
}

static bool read_file(struct dataset *dataset, const char *path, struct problem *problem)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return problem_set(problem, "cannot open %s: %s", path, strerror(errno));
    bool good = read_lines(dataset, path, file, problem);
    fclose(file);
    return good;
}

static bool read_files(struct dataset *dataset, const char *const *paths, size_t count,
                       struct problem *problem)
{
    for (size_t i = 0; i < count; i++)
        if (!read_file(dataset, paths[i], problem))
            return false;
    return dataset->count > 0 || problem_set(problem, "%s: no images in it", count ? paths[0] : "no file");
}

struct dataset *dataset_read(const char *const *paths, size_t count, struct problem *problem)
{
    struct dataset *dataset = calloc(1, sizeof *dataset);
    if (!dataset) {
        problem_set(problem, "out of memory");
        return NULL;
    }
    if (read_files(dataset, paths, count, problem))
        return dataset;
    dataset_destroy(dataset);
    return NULL;
}

void dataset_destroy(struct dataset *dataset)
{
    if (!dataset)
        return;
    free(dataset->pixels);
    free(dataset->digits);
    free(dataset);
}

float *dataset_image(const struct dataset *dataset, size_t i)
{
    return dataset->pixels + i * IMAGE_PIXELS;
}

void image_scale(float *pixels)
{
    for (size_t i = 0; i < IMAGE_PIXELS; i++)
        pixels[i] /= pixel_max;
}
