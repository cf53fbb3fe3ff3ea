// The other end of a socket as text, for messages of errors.
#pragma once

#include <sys/socket.h>

#include <string>

namespace jackdaw::io {

/// "127.0.0.1:80", "[::1]:80", a path, "@name"; "" of an unnamed one, and of other families.
[[nodiscard]] std::string name_of(const sockaddr* raw, socklen_t length);

/// The name of the other end, also when the connection was reset; "process 42" if it is a local one without a
/// name; "" if there is none, or if this is no socket. It is looked up only now: nothing has to be remembered
/// for the errors that most connections never have.
[[nodiscard]] std::string peer_name(int descriptor);

/// The same after "from " and "to ", for behind the name of a call; "" if there is no name.
[[nodiscard]] std::string from_peer(int descriptor);
[[nodiscard]] std::string to_peer(int descriptor);

}  // namespace jackdaw::io
