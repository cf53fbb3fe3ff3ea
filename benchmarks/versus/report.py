"""The results as one page of HTML that needs nothing else."""

import html

import plot
import table

STYLE = """
body { font: 15px/1.5 sans-serif; max-width: 72em; margin: 2em auto; padding: 0 1em; color: #1f2328; }
h2 { margin-top: 2.5em; border-bottom: 1px solid #d0d7de; }
table { border-collapse: collapse; font-size: 13px; margin: 1em 0; }
th, td { padding: 2px 10px; text-align: right; border-bottom: 1px solid #eaeef2; }
th:first-child, td:first-child { text-align: left; }
tr.own { background: #ddf4ff; font-weight: 600; }
svg { max-width: 100%; height: auto; }
.lost { color: #cf222e; } .won { color: #1a7f37; }
details { margin: 1em 0; }
"""


def line(cells, tag="td", kind=""):
    inner = "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells)
    return f'<tr class="{kind}">{inner}</tr>'


def standing(series):
    """Where jackdaw stands, the losses first: a list of (ratio to the best of the others, text)."""
    result = []
    for problem, workers in dict.fromkeys((each.problem, each.workers) for each in series):
        done = [each for each in series if each.problem is problem and each.workers == workers and each.rounds]
        own = [each for each in done if plot.is_own(each.program.library)]
        others = [each for each in done if not plot.is_own(each.program.library)
                  and each.program.library != "serial"]
        if not own or not others:
            continue
        ours, theirs = (min(group, key=lambda each: each.median()) for group in (own, others))
        ratio = ours.median() / theirs.median()
        quantity = problem.quantity
        result.append((ratio, f"{problem.name}, {workers} worker{'s' if workers > 1 else ''}: "
                              f"{table.scaled(ours.median(), quantity)}, best other "
                              f"{theirs.program.library} {table.scaled(theirs.median(), quantity)}"))
    return sorted(result, reverse=True)


def standing_list(series):
    lines = []
    for ratio, text in standing(series):
        kind, verdict = ("lost", f"{ratio:.2f} times as much") if ratio > 1 else \
            ("won", f"{1 / ratio:.2f} times less")
        lines.append(f'<li class="{kind}">{html.escape(text)}: {verdict}</li>')
    return "<ol>" + "\n".join(lines) + "</ol>"


def problem_section(series, problem):
    parts = [f'<h2 id="{problem.name}">{html.escape(problem.title)}</h2>']
    members = [each for each in series if each.problem is problem]
    if any(each.rounds for each in members):
        parts.append(plot.dots(series, problem))
    parts.append("<details><summary>Figures</summary>")
    for (_, workers), rows in table.tables(members).items():
        parts.append(f"<table><caption>{workers} worker{'s' if workers > 1 else ''}, "
                     f"{html.escape(problem.operation)}</caption>" + line(table.COLUMNS, "th"))
        parts += [line(row, kind="own" if plot.is_own(row[0]) else "") for row in rows]
        parts.append("</table>")
    parts.append("</details>")
    return "\n".join(parts)


def write(path, series, manifest):
    problems = list(dict.fromkeys(each.problem for each in series))
    workers = sorted({each.workers for each in series})
    failures = {**manifest.get("failures", {}), **{each.name: each.failure for each in series if each.failure}}
    record = "".join(line(item) for item in manifest.items() if item[0] != "failures")
    parts = ["<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>versus</title>",
             f"<style>{STYLE}</style><h1>jackdaw and its peers</h1>",
             "<p>The same problems, sizes, flags and allocator; every figure is the median of rounds that were "
             "run in turn, each in a process of its own. Smaller is better everywhere. “smaller” in a table: the "
             "problem was made smaller for that library, because it would have taken minutes.</p>"]
    for one in workers:
        parts += [f"<h2>Times the best, {one} worker{'s' if one > 1 else ''}</h2>", plot.overview(series, one)]
    parts += ["<h2>Where jackdaw stands, the losses first</h2>", standing_list(series)]
    if failures:
        parts.append("<h2 class='lost'>Failed</h2><ul>" + "".join(
            f"<li>{html.escape(name)}: {html.escape(text)}</li>" for name, text in failures.items()) + "</ul>")
    parts += [problem_section(series, problem) for problem in problems]
    parts.append(f"<h2>What the figures depend on</h2><table>{record}</table></html>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(part for part in parts if part) + "\n", "utf-8")


