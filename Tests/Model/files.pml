/* The files: where they are removed, and the lock file made. */

/* Law 5: what is removed belongs to nobody who lives, or to who removes it. Who cleans up with the lock in its hands is 0; where an outsider has
 * replaced that lock in this very moment, the one who holds the new one makes its files again. */
#ifdef OUTSIDER
#define REMOVABLE(j, by) (by == 0 || j == 0 || j == by || !LIVES(j) || r[j].dgen != path)
#else
#define REMOVABLE(j, by) (j == 0 || j == by || !LIVES(j))
#endif

inline removes_socket(by) {
    LAW("MSC: broken: law 5: a socket that is removed is its remover's or a dead one's\n", REMOVABLE(sock, by));
    sock = 0
}

inline removes_record(by) {
    LAW("MSC: broken: law 5: a record that is removed is its remover's or a dead one's\n", REMOVABLE(record, by));
    record = 0;
    state = R_NONE
}

/* Opened with O_CREAT: made where there is none. */
inline opens_lock(j) {
#ifdef GENERATIONS
    if
    :: path == 0 ->
        made++;
        path = made;
        line = 0;
        EACH(ages)
    :: else
    fi;
    r[j].hgen = path
#else
    skip
#endif
}
