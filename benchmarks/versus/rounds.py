"""Runs programs in turn: A B C, A B C. What disturbs the machine disturbs all."""

import dataclasses
import statistics
import sys

import program


@dataclasses.dataclass
class Series:
    """All rounds of one program on one problem with one number of workers."""
    problem: object
    program: object
    workers: int
    rounds: list = dataclasses.field(default_factory=list)
    failure: str = ""

    @property
    def name(self):
        return f"{self.problem.name}/{self.program.library}/workers:{self.workers}"

    def values(self, key=None):
        return [each[key or self.problem.quantity] for each in self.rounds]

    def median(self, key=None):
        return statistics.median(self.values(key))


def plan(problems, programs, workers):
    """Every series that was asked for, in the order in which one round runs them."""
    return [Series(problem, each, count)
            for problem in problems for count in workers for each in programs
            if each.directory == problem.directory]


def measure(series, options):
    """Fills the series in; returns those that have figures or have failed."""
    dropped = set()
    for number in range(options.rounds):
        for each in series:
            if each.name in dropped or each.failure:
                continue
            try:
                printed = program.run(each.program, each.problem, each.workers, options)
            except program.Failed as error:
                each.failure = str(error)
                print(f"versus: FAILED {error}", file=sys.stderr, flush=True)
                continue
            if printed is None:
                dropped.add(each.name)
            else:
                each.rounds.append(printed)
        print(f"versus: round {number + 1} of {options.rounds} done", flush=True)
    return [each for each in series if each.rounds or each.failure]


def best(series, problem, workers):
    """The smallest median of a problem with that many workers, apart from the serial program's."""
    medians = [each.median() for each in series
               if each.problem is problem and each.workers == workers and each.rounds and not each.failure
               and each.program.library != "serial"]
    return min(medians, default=None)
