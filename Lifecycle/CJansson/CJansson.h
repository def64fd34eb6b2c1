// JSON that says so when a key stands there twice, from Debian's libjansson-dev.
#include <jansson.h>
