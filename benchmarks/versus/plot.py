"""The plots, as SVG: an overview of ratios, and a chart per problem."""

import io
import math

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402
from matplotlib.colors import LinearSegmentedColormap, LogNorm  # noqa: E402

import rounds
import table

OWN = "#1f6feb"
OTHER = "#9aa4af"
SERIAL = "#c69026"
RATIO_MAX = 30

matplotlib.rcParams.update({
    "svg.fonttype": "none", "svg.hashsalt": "versus", "font.family": "sans-serif", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False,
})


def as_svg(figure):
    """The <svg> element alone, to be put into a page."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
    text = stream.getvalue()
    return text[text.index("<svg"):]


def is_own(library):
    return library.split("-")[0] == "jackdaw"


def libraries_of(series):
    """jackdaw's first, then by how close to the best they are over all problems."""
    ratios = {}
    for each in series:
        best = rounds.best(series, each.problem, each.workers)
        if each.rounds and best:
            ratios.setdefault(each.program.library, []).append(math.log(each.median() / best))
    ratios.pop("serial", None)
    return sorted(ratios, key=lambda library: (not is_own(library), sum(ratios[library]) / len(ratios[library])))


def overview(series, workers):
    """Problems by libraries: how many times the best one's median."""
    chosen = [each for each in series if each.workers == workers and each.rounds]
    problems = list(dict.fromkeys(each.problem for each in chosen))
    libraries = libraries_of(chosen)
    if not libraries:
        return ""
    grid = [[math.nan] * len(libraries) for _ in problems]
    for each in chosen:
        best = rounds.best(series, each.problem, workers)
        if each.program.library in libraries and best:
            grid[problems.index(each.problem)][libraries.index(each.program.library)] = each.median() / best
    figure, axes = pyplot.subplots(figsize=(1.6 + 0.75 * len(libraries), 0.6 + 0.32 * len(problems)))
    colours = LinearSegmentedColormap.from_list("ratio", ["#2da44e", "#fff8c5", "#cf222e"])
    colours.set_bad("#f6f8fa")
    axes.imshow(grid, aspect="auto", cmap=colours, norm=LogNorm(1, RATIO_MAX))
    for y, line in enumerate(grid):
        for x, ratio in enumerate(line):
            if not math.isnan(ratio):
                text = "best" if ratio < 1.005 else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
                axes.text(x, y, text, ha="center", va="center", fontsize=8,
                          color="white" if ratio > RATIO_MAX / 2 or ratio < 1.05 else "black")
    axes.set_xticks(range(len(libraries)), libraries, rotation=30, ha="left")
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(problems)), [problem.name for problem in problems])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return as_svg(figure)


def dots(series, problem):
    """One chart per number of workers: medians as dots, the range of the rounds as lines.

    No bars: on a logarithmic axis their length would mean nothing.
    """
    chosen = [each for each in series if each.problem is problem and each.rounds]
    workers = sorted({each.workers for each in chosen})
    count = max(sum(each.workers == one for each in chosen) for one in workers)
    figure, all_axes = pyplot.subplots(1, len(workers), figsize=(5.2 * len(workers), 0.7 + 0.27 * count),
                                       squeeze=False, sharex=True)
    for axes, one in zip(all_axes[0], workers):
        members = sorted((each for each in chosen if each.workers == one), key=lambda each: -each.median())
        for y, each in enumerate(members):
            library = each.program.library
            colour = OWN if is_own(library) else SERIAL if library == "serial" else OTHER
            axes.axhline(y, color="#eaeef2", linewidth=0.8, zorder=0)
            axes.plot([min(each.values()), max(each.values())], [y, y], color=colour, linewidth=3, alpha=0.5)
            axes.plot(each.median(), y, "o", color=colour, markersize=7)
            axes.text(max(each.values()) * 1.2, y, table.scaled(each.median(), problem.quantity), va="center",
                      fontsize=8)
        axes.set_yticks(range(len(members)), [each.program.library for each in members])
        axes.set_xscale("log")
        low, high = min(min(each.values()) for each in chosen), max(max(each.values()) for each in chosen)
        axes.set_xlim(low / 2, high * 5)
        axes.set_title(f"{one} worker{'s' if one > 1 else ''}", loc="left", fontsize=9)
        axes.set_xlabel(f"{problem.quantity} {problem.operation}, log scale")
    return as_svg(figure)
