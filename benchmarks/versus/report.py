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
    """Where jackdaw's programs stand, the losses first: a list of (ratio to the best of the others, text)."""
    result = []
    for own in series:
        others = [each for each in series if each.problem is own.problem and each.workers == own.workers
                  and each.rounds and each.program.library != "serial"
                  and not plot.is_own(each.program.library)]
        if not own.rounds or not plot.is_own(own.program.library) or not others:
            continue
        best = min(others, key=lambda each: each.median())
        quantity = own.problem.quantity
        ratio = own.median() / best.median()
        result.append((ratio, f"{ratio:.2f} times the best other: {own.name} "
                              f"{table.scaled(own.median(), quantity)}, {best.program.library} "
                              f"{table.scaled(best.median(), quantity)}"))
    return sorted(result, reverse=True)


def standing_list(series):
    lines = [f'<li class="{"lost" if ratio > 1 else "won"}">{html.escape(text)}</li>'
             for ratio, text in standing(series)]
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
    parts.append("<p>" + html.escape(f"{manifest['date']}; {manifest['machine']}; commit {manifest['commit']}; "
                                     f"rounds: {manifest['rounds']}; load before: {manifest['load before']}")
                 + "</p>")
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


