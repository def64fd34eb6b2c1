// MessagePack, from Debian's libmsgpack-dev.
#include <msgpack.h>
