#include "fixture.h"

#include <fcntl.h>

#include "store/csv.h"

/* Puts the content into a file and opens a reader on it; *fd is the caller's. */
static void open_reader(struct fixture *fixture, struct csv_reader *reader, int *fd, const char *content,
                        size_t len)
{
    put_bytes(fixture, "run_data.csv", content, len);
    CLEANUP(memory_free) char *path = path_of(fixture, "run_data.csv");
    *fd = open(path, O_RDONLY);
    store_csv_open(reader, *fd, "run_data.csv", 0);
}

/* All cells as "[a][b]", a line each record, '~' behind one without a newline. */
static char *read_all(struct fixture *fixture, const char *content)
{
    struct csv_reader reader;
    struct text seen = {0};
    int fd;
    open_reader(fixture, &reader, &fd, content, strlen(content));
    while (store_csv_next(&reader, &fixture->err) == CSV_RECORD) {
        for (size_t i = 0; i < reader.cells.count; i++) {
            text_add_char(&seen, '[');
            store_csv_decode(&seen, reader.cells.items[i]);
            text_add_char(&seen, ']');
        }
        text_add(&seen, reader.complete ? "\n" : "~");
    }
    store_csv_close(&reader);
    close(fd);
    return text_take(&seen);
}

static void splits_records_as_rfc_4180_says(void **state)
{
    static const struct {
        const char *content, *cells;
    } cases[] = {
        {"", ""},
        {"a,b\n1,2\n", "[a][b]\n[1][2]\n"},
        {"a,b\r\n1,2\r\n", "[a][b]\n[1][2]\n"},
        {"\xef\xbb\xbf"
         "a,b\n",
         "[a][b]\n"},
        {"a\n\n\r\nb\n", "[a]\n[b]\n"},
        {",\n", "[][]\n"},
        {"\"x,y\",\"two\nlines\",\"say \"\"hi\"\"\"\n", "[x,y][two\nlines][say \"hi\"]\n"},
        {"\"\",\"\"\"\"\n", "[][\"]\n"},
        {"5\" disk,b\n", "[5\" disk][b]\n"},
        {"\"a\"b,c\n", "[ab][c]\n"},
        {"a,b", "[a][b]~"},
        {"a,\"open\nb", "[a][open\nb]~"},
        {"0123456789,0123456789abcdef,\n", "[0123456789][0123456789abcdef][]\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(memory_free) char *cells = read_all(*state, cases[i].content);
        assert_string_equal(cells, cases[i].cells);
    }
}

static void tells_an_open_quote_from_a_missing_newline(void **state)
{
    struct fixture *fixture = *state;
    struct csv_reader reader;
    int fd;
    static const char torn[] = "a,b\n1,\"{\"\"x";
    open_reader(fixture, &reader, &fd, torn, strlen(torn));
    assert_int_equal(store_csv_next(&reader, &fixture->err), CSV_RECORD);
    assert_true(reader.complete);
    assert_int_equal(store_csv_next(&reader, &fixture->err), CSV_RECORD);
    assert_false(reader.complete);
    assert_true(reader.in_quotes);
    assert_int_equal(reader.record_start, 4);
    assert_int_equal(reader.record_end, strlen(torn));
    assert_int_equal(store_csv_next(&reader, &fixture->err), CSV_END);
    store_csv_close(&reader);
    close(fd);
}

static void reads_records_across_the_ends_of_its_buffer(void **state)
{
    struct fixture *fixture = *state;
    struct csv_reader reader;
    struct text content = {0}, cell = {0};
    int fd;
    for (int i = 0; i < 3000; i++) {
        text_addf(&content, "%d,\"", i);
        for (int j = 0; j < 100 + (i == 1500 ? 1000000 : 0); j++)
            text_add(&content, "\"\"");
        text_add(&content, "\"\n");
    }
    open_reader(fixture, &reader, &fd, content.data, content.len);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(store_csv_next(&reader, &fixture->err), CSV_RECORD);
        assert_int_equal(reader.cells.count, 2);
        assert_int_equal(atoi(reader.cells.items[0].bytes), i);
        text_clear(&cell);
        store_csv_decode(&cell, reader.cells.items[1]);
        assert_int_equal(cell.len, 100 + (i == 1500 ? 1000000 : 0));
    }
    assert_int_equal(store_csv_next(&reader, &fixture->err), CSV_END);
    store_csv_close(&reader);
    close(fd);
    text_free(&content);
    text_free(&cell);
}

static void writes_cells_that_read_back(void **state)
{
    static const char *const cells[] = {"plain",      "",         "a,b", "say \"hi\"",
                                        "two\nlines", "cr\rhere", "\"",  "ä 中 🙂"};
    struct text line = {0}, expected = {0};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        text_add(&line, i ? "," : "");
        store_csv_add_cell(&line, cells[i], strlen(cells[i]));
        text_addf(&expected, "[%s]", cells[i]);
    }
    text_add(&line, "\r\n");
    text_add(&expected, "\n");
    CLEANUP(memory_free) char *seen = read_all(*state, line.data);
    assert_string_equal(seen, expected.data);
    assert_ptr_equal(strstr(line.data, "plain,,\"a,b\""), line.data);
    text_free(&line);
    text_free(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(splits_records_as_rfc_4180_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_an_open_quote_from_a_missing_newline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_records_across_the_ends_of_its_buffer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_cells_that_read_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
