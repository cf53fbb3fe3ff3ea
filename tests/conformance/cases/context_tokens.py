import asyncio, contextvars

def log(*a, **k): print(*a, **k, flush=True)

# What variables, tokens and contexts are, without a loop
v = contextvars.ContextVar("v"); w = contextvars.ContextVar("w", default="default")
def attempt(what, f):
    try: log(what, f())
    except (LookupError, ValueError, RuntimeError) as error: log(what, type(error).__name__)
def main():
    log(v.name, w.name)
    attempt("unset", v.get); attempt("unset or", lambda: v.get("mine")); attempt("default", w.get); attempt("default or", lambda: w.get("mine"))
    first = v.set("first"); second = v.set("second"); log(first.old_value is contextvars.Token.MISSING, second.old_value, first.var is v)
    v.reset(second); log(v.get())
    attempt("twice", lambda: v.reset(second)); log(v.get())
    attempt("another variable's", lambda: w.reset(first)); attempt("another variable's, used", lambda: w.reset(second))
    copy = contextvars.copy_context()
    attempt("another context's", lambda: copy.run(v.reset, first)); attempt("another context's, used", lambda: copy.run(v.reset, second))
    v.reset(first); attempt("reset", v.get); log("copy", copy[v], len(copy), w in copy, copy.get(w))
    empty = contextvars.Context(); log(len(empty), v in empty)
    def inside():
        v.set("inside"); attempt("outer again", lambda: copy.run(v.get)); attempt("self again", lambda: empty.run(v.get))
        return contextvars.copy_context()
    inner = copy.run(lambda: empty.run(inside)); log(inner[v], empty[v], copy[v], inner is empty)
    def fails(): v.set("failed"); raise ValueError
    attempt("fails", lambda: empty.run(fails)); log(empty[v], inner[v]); attempt("outside", v.get)
    twice = empty.copy(); twice.run(v.set, "twice"); log(twice[v], empty[v])
contextvars.Context().run(main)
