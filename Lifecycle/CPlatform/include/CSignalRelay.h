// Signals turned into a readable descriptor: the handler does nothing but count, and ring one eventfd.
#pragma once

#include <stdint.h>

/// The eventfd of this process that is written to each time a relayed signal arrives, or -errno. One for all signals and all who listen, who watch
/// it for edges and never read it; never closed, since a handler on another thread may be about to write to it.
int rbee_signal_bell(void);

/// Starts relaying `signal`: returns a relay that counts its arrivals from now on, or -errno. At most eight relays a signal.
int64_t rbee_signal_relay_open(int signal);

/// How often the signal has arrived since this was asked last; 0 once the relay is closed.
uint64_t rbee_signal_relay_take(int signal, int64_t relay);

/// Ends a relay. The last one of a signal puts back the handler found at first.
void rbee_signal_relay_close(int signal, int64_t relay);
