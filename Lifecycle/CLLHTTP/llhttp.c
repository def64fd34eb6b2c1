#include "../../.build/deps/llhttp/llhttp.c"
