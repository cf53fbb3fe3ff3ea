"""The results in a terminal."""

import rounds

COLUMNS = ("", "median", "min", "max", "x best", "wall s", "CPU s", "peak MiB", "size")


def scaled(value, quantity):
    """A figure with three digits and its unit."""
    if quantity == "bytes":
        return f"{value:,.0f} B"
    for unit, factor in (("ns", 1), ("us", 1e3), ("ms", 1e6)):
        if value < 1000 * factor or unit == "ms":
            number = value / factor
            return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f} {unit}"
    raise AssertionError


def row(series, best):
    quantity = series.problem.quantity
    values = series.values()
    ratio = "-" if best is None or series.program.library == "serial" else f"{series.median() / best:.2f}"
    smaller = series.program.library in series.problem.sizes
    return [series.program.library, scaled(series.median(), quantity), scaled(min(values), quantity),
            scaled(max(values), quantity), ratio,
            f"{series.median('wall_s'):.3f}", f"{series.median('cpu_s'):.3f}",
            f"{series.median('peak_rss_bytes') / 2**20:.1f}", "smaller" if smaller else ""]


def tables(series):
    """{(problem, workers): rows, the best first}, in the order of the problems."""
    result = {}
    for each in series:
        result.setdefault((each.problem, each.workers), []).append(each)
    for (problem, workers), members in result.items():
        best = rounds.best(series, problem, workers)
        done = sorted((each for each in members if each.rounds), key=lambda each: each.median())
        result[problem, workers] = [row(each, best) for each in done]
        result[problem, workers] += [[each.program.library, "FAILED", *[""] * (len(COLUMNS) - 2)] for each in members
                                     if each.failure]
    return result


def show(series):
    for (problem, workers), rows in tables(series).items():
        print(f"\n{problem.title}, {problem.operation}, workers: {workers}")
        widths = [max(len(line[column]) for line in [COLUMNS, *rows]) for column in range(len(COLUMNS))]
        for line in [COLUMNS, *rows]:
            print("  " + "  ".join([line[0].ljust(widths[0]), *(text.rjust(width) for text, width
                                                               in zip(line[1:], widths[1:]))]).rstrip())
