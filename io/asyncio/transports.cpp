// The key function of the interfaces.
#include <jackdaw/io/asyncio/transports.hpp>

namespace jackdaw::io::asyncio {

base_transport::~base_transport() = default;

}  // namespace jackdaw::io::asyncio
