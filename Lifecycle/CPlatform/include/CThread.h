// Threads with a name.
#pragma once

/// Starts a detached thread that blocks no signals. At most 15 bytes of `name` are kept. Returns 0 or an errno.
int rbee_thread_start(const char *name, void (*main)(void *context), void *context);
