// llhttp, the HTTP/1 parser of Node. Its sources are not in this repository: `make setup` unpacks them into .build/deps.
#if __has_include("../../../.build/deps/llhttp/llhttp.h")
#include "../../../.build/deps/llhttp/llhttp.h"
#else
#error "llhttp is missing from .build/deps: run `make setup`"
#endif
