#include "../../.build/deps/llhttp/api.c"
