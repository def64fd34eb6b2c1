// SHA-256, from Debian's libmd-dev.
#include <sys/types.h>
#include <sha256.h>
