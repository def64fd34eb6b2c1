// Signals turned into readable descriptors: the handler does nothing but write to eventfds.
#pragma once

/// Starts relaying `signal`: returns an eventfd that becomes readable each time it arrives, or -errno.
/// At most eight relays a signal; the descriptor belongs to the relay and must not be closed.
int rbee_signal_relay_open(int signal);

/// Ends the relay that `descriptor` stands for. The last one of a signal puts back the handler found at first.
/// The eventfd stays open for the next relay: a handler on another thread may be about to write to it.
void rbee_signal_relay_close(int signal, int descriptor);
