// The depth-first search.
#include "exploration.hpp"

#include "trace.hpp"

#include <iostream>
#include <memory>

namespace jackdaw::model {

/// Owns the execution, which is run again and again.
class exploration {
 public:
  exploration(const program& of_model, const bounds& within) : program_(&of_model) {
    run_.bounds_ = within;
  }

  verdict explore() {
    verdict result;
    do {
      run_.restart();
      try {
        (*program_)(run_);
      } catch (const execution::abandoned&) {
      }
      ++result.executions;
      if (!run_.failure_.empty()) {
        result.failure = report();
        result.states = run_.seen_.size();
        return result;
      }
    } while (run_.path_.advance() && result.executions < run_.bounds_.executions_max);
    result.states = run_.seen_.size();
    result.complete = result.executions < run_.bounds_.executions_max;
    result.holds = true;
    return result;
  }

 private:
  [[nodiscard]] std::string report() const {
    std::vector<std::string> names;
    for (const auto& thread : run_.threads_) {
      names.push_back(thread.name);
    }
    return run_.failure_ + "\n" + describe(run_.steps_, names);
  }

  const program* program_;
  execution run_;
};

verdict explore(const program& of_model, const bounds& within) {
  const auto search = std::make_unique<exploration>(of_model, within);
  return search->explore();
}

bool always_holds(const program& of_model, const bounds& within) {
  const verdict found = explore(of_model, within);
  if (!found.holds) {
    std::cout << "It does not hold: " << found.failure;
  } else if (!found.complete) {
    std::cout << "Not all executions were run: " << found.executions << '\n';
  } else {
    std::cout << found.executions << " executions, " << found.states << " states\n";
  }
  return found.holds && found.complete;
}

bool fails(const program& of_model, const std::string& reason, const bounds& within) {
  const verdict found = explore(of_model, within);
  if (found.holds) {
    std::cout << "It holds, in " << found.executions << " executions\n";
    return false;
  }
  if (found.failure.find(reason) == std::string::npos) {
    std::cout << "It fails for another reason: " << found.failure;
    return false;
  }
  return true;
}

}  // namespace jackdaw::model
