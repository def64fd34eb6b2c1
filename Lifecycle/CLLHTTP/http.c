#include "../../.build/deps/llhttp/http.c"
