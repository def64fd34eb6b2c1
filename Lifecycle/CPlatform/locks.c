#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>

int rbee_ofd_lock(int descriptor) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int result;
    do {
        result = fcntl(descriptor, F_OFD_SETLK, &whole);
    } while (result < 0 && errno == EINTR);
    return result;
}

int rbee_ofd_unlock(int descriptor) {
    struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_OFD_SETLK, &whole);
}

int rbee_ofd_query(int descriptor) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(descriptor, F_OFD_GETLK, &whole) < 0) return -1;
    return whole.l_type != F_UNLCK;
}
