import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S113: groups, and what handlers leave of them
def show(e):
    if isinstance(e, BaseExceptionGroup): return f"{type(e).__name__}({e.message!r}, [{', '.join(map(show, e.exceptions))}])"
    return repr(e)
E = ExceptionGroup
def whole(): return E("a", [ValueError("1"), E("b", [KeyError("2"), ValueError("3"), RuntimeError("4")])])
def again(g): pass
def new(g): raise ZeroDivisionError("new")
def ok(g): log("handled", show(g))
def attempt(e, values, keys):
    log("raise", show(e))
    try:
        try: raise e
        except* ValueError as g:
            if values is again: raise
            values(g)
        except* KeyError as g:
            if keys is again: raise
            keys(g)
    except BaseException as r: log("left", show(r))
    else: log("nothing left")
for values in (ok, new, again):
    for e in (ValueError("1"), RuntimeError("1"), E("all", [ValueError("1")]), E("x", [KeyError("1"), ValueError("2")])): attempt(e, values, ok)
    for keys in (ok, new, again): attempt(whole(), values, keys)
attempt(BaseExceptionGroup("base", [ValueError("1"), SystemExit("2")]), ok, ok)
attempt(BaseExceptionGroup("base", [ValueError("1"), E("in", [KeyError("2")]), SystemExit("3")]), new, ok)
log(str(E("m", [ValueError()])), "|", str(E("m", [ValueError(), KeyError()])))
for t in (ValueError, Exception, SystemExit, ZeroDivisionError):
    for g in (whole(), BaseExceptionGroup("base", [SystemExit("1"), E("in", [ValueError("2")])])):
        m, r = g.split(t); log(t.__name__, "matched", show(m), "rest", show(r))
