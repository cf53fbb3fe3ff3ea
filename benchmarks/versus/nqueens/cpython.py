import asyncio

import versus


def is_safe(board, column):
    row = len(board)
    return all(other != column and abs(other - column) != row - above for above, other in enumerate(board))


async def queens(board, n):
    if len(board) == n:
        return 1
    return sum(await asyncio.gather(*(queens((*board, column), n)
                                      for column in range(n) if is_safe(board, column))))


async def problem(given):
    solutions, nodes = versus.QUEENS[given.size]
    watch = versus.Stopwatch()
    found = await queens((), given.size)
    watch.stop()
    versus.report(watch, nodes, found == solutions)


versus.run(problem)
