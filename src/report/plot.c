/* The picture of a metric: a gnuplot script with its data inside. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "report/curve.h"
#include "report/gnuplot.h"
#include "report/report.h"

/* A name longer than this would run over the title's line. */
enum { longest_name = 60 };

static const char style[] =
    "set terminal jpeg size 1200,800 font 'sans,20' background '#ffffff'\n"
    "set encoding utf8\n"
    "set border 3 linecolor rgb '#404040'\n"
    "set grid back linetype 1 linewidth 1 linecolor rgb '#dddddd'\n"
    "set tics nomirror out\n"
    "set format y '%.9h'\n"
    "set rmargin 4\n"
    "set tmargin 5\n"
    "set title offset 0,1.4\n"
    "set ylabel offset 1,0\n"
    "set key at graph 0.5,1.07 center horizontal reverse Left samplen 2.5 width 1 noenhanced\n"
    "set xlabel 'Epoch'\n";

/* Instead of the curves, when they have no finite value. */
static const char no_curve[] = "set label 'no finite value' at graph 0.5,0.5 center\n"
                               "set yrange [0:1]\n"
                               "plot NaN notitle";

/* Two colours that colour-blind people can tell apart (Okabe and Ito, 2008), and points that differ in print
 * without colours: a disc and a square. */
static const struct curve_style {
    const char *label, *color;
    int point;
} curve_styles[] = {{"train", "#0072B2", 7}, {"validation", "#D55E00", 5}};

/* Returns how many bytes of the name to show, whole UTF-8 characters. */
static size_t shown_length(const char *name)
{
    size_t len = strlen(name);
    if (len <= longest_name)
        return len;
    return utf8_fit(name, longest_name);
}

/* Adds text within a single-quoted gnuplot string, in which only the quote is special: neither backslashes
 * nor backquotes, which would run commands. */
static void add_quoted(struct text *script, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f)
            text_add_char(script, ' ');
        else
            text_add(script, c == '\'' ? "''" : (char[]){text[i], '\0'});
    }
}

static void add_titles(struct text *script, const char *metric, bool train, bool valid)
{
    size_t len = shown_length(metric);
    const char *dots = metric[len] ? "…" : "";
    const char *whose = !valid ? "Training" : train ? "Training and validation" : "Validation";
    text_addf(script, "set title '%s ", whose);
    add_quoted(script, metric, len);
    text_addf(script, "%s' noenhanced\nset ylabel '", dots);
    add_quoted(script, metric, len);
    text_addf(script, "%s' noenhanced\n", dots);
}

struct range {
    double first, last;
    bool whole; /* integers, of a size that is written out */
};

static struct range range_of(const struct report_curves *curves)
{
    struct range range = {1, curves->count > 0 ? (double)curves->count : 1, true};
    for (size_t i = 0; curves->epochs && i < curves->count; i++) {
        double epoch = curves->epochs[i];
        range.first = i == 0 ? epoch : fmin(range.first, epoch);
        range.last = i == 0 ? epoch : fmax(range.last, epoch);
        range.whole = range.whole && epoch == floor(epoch) && fabs(epoch) < 1e9;
    }
    return range;
}

/* How many labels up to this number fit side by side below the epoch axis. */
static int most_tics(double last)
{
    int digits = 1;
    for (long rest = labs((long)last); rest >= 10; rest /= 10)
        digits++;
    return digits < 3 ? 15 : 60 / (digits + 2);
}

/* The smallest of 1, 2, 5, 10, 20, … with which the labels fit. */
static double tic_step(const struct range *range)
{
    static const double factors[] = {1, 2, 5};
    int most = most_tics(fmax(-range->first, range->last));
    for (double power = 1;; power *= 10)
        for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
            if (factors[i] * power * most > range->last - range->first)
                return factors[i] * power;
}

static void add_epoch_axis(struct text *script, const struct report_curves *curves)
{
    struct range range = range_of(curves);
    double width = range.last - range.first, margin = width > 0 ? 0.02 * width : 0.5;
    text_addf(script, "set xrange [%.10g:%.10g]\n", range.first - margin, range.last + margin);
    if (range.whole)
        text_addf(script, "set xtics %.0f\nset format x '%%.0f'\n", tic_step(&range));
}

/* Adds the data of a curve, and how to draw it to `plot`. */
static void add_curve(struct text *script, struct text *plot, size_t curve,
                      const struct report_curves *curves)
{
    const struct curve_style *of = &curve_styles[curve];
    CLEANUP(text_free) struct text data = {0};
    if (!report_curve_add(&data, curves->epochs, curve == 0 ? curves->train : curves->valid, curves->count))
        return;
    text_addf(script, "$curve%zu << END\n", curve);
    text_add_bytes(script, data.data, data.len);
    text_add(script, "END\n");
    text_addf(plot,
              "%s $curve%zu using 1:2:3 with linespoints pointtype %d pointsize variable linewidth 3 "
              "linecolor rgb '%s' title '%s'",
              plot->len ? "," : "plot", curve, of->point, of->color, of->label);
}

bool report_plot(const char *path, const char *metric, const struct report_curves *curves, struct error *err)
{
    CLEANUP(text_free) struct text script = {0};
    CLEANUP(text_free) struct text plot = {0};
    text_add(&script, style);
    add_titles(&script, metric, curves->train, curves->valid);
    add_epoch_axis(&script, curves);
    for (size_t curve = 0; curve < sizeof curve_styles / sizeof *curve_styles; curve++)
        add_curve(&script, &plot, curve, curves);
    text_addf(&script, "%s\n", plot.len ? plot.data : no_curve);
    return report_gnuplot(path, &script, err);
}
