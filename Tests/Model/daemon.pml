/* The daemon. Its decisions are taken on one thread, its loop: what it does in one turn is one step where nobody can tell the parts apart. */

/* First of all the child signs the lock. */
inline signs() {
    printf("MSC: daemon %d signs the lock\n", me);
#ifdef GENERATIONS
    if
    :: r[me].dgen == path -> line = me; EACH(ages)
    :: else
    fi
#else
    line = me;
    EACH(ages)
#endif
}

inline becomes() {
#ifdef UNLOCKS_TO_SPAWN
    if
    :: TRULY_HELD ->
        printf("MSC: daemon %d finds the lock held and exits\n", me);
        EACH(excuses);
        ends(me, D_DIED)
    :: else ->
        signs();
        r[me].d = D_BEGUN
    fi
#else
    signs();
    r[me].d = D_BEGUN
#endif
}

inline cannot_become() {
    signs();
    printf("MSC: daemon %d cannot become its program\n", me);
    EACH(excuses);
    ends(me, D_FAULT)
}

inline dies() {
    printf("MSC: daemon %d dies while it starts\n", me);
    EACH(excuses);
    ends(me, D_DIED)
}

/* It believes the lock that it was born with only if that is the one of the name; else it takes that, or is not this daemon. */
inline claims() {
#ifdef GENERATIONS
    if
    :: r[me].dgen == path -> appears()
    :: r[me].dgen != path && !HELD ->
        relocks();
        appears()
    :: else -> dies()
    fi
#else
    appears()
#endif
}

/* Record and socket: whichever of them it has, who asks finds one that starts. */
inline appears() {
    printf("MSC: daemon %d writes its record and binds its socket\n", me);
    if
    :: sock != 0 ->
        SEEN(STALE_SOCKET);
#ifndef OUTSIDER
        LAW("MSC: broken: law 5: a socket that is replaced was a dead one's\n", !LIVES(sock))
#endif
    :: else
    fi;
    record = me;
    state = R_STARTING;
    sock = me;
#ifndef OUTSIDER
    LAW("MSC: broken: law 1: one serves\n", !ANY(SERVES));
#endif
    r[me].d = D_STARTING
}

/* In one turn of its loop, so that nobody was answered in between. */
inline is_ready() {
    printf("MSC: daemon %d is ready\n", me);
    writes_state(me, R_READY);
#ifdef LEAKS_LOCK
    r[me].engine = 1;
#endif
    r[me].d = D_READY
}

inline writes_state(j, what) {
    record = j;
    state = what
}

inline cannot_start() {
    printf("MSC: the service of daemon %d does not come up\n", me);
#ifdef FAILURE_DRAINS
    writes_state(me, R_DRAINING);
#endif
    unbinds(me);
    EACH(excuses);
    ends(me, D_DIED)
}

inline hangs() {
    printf("MSC: daemon %d hangs in its start\n", me);
    EACH(excuses);
    r[me].d = D_HUNG
}

inline unbinds(j) {
#ifdef CLEANS_BY_PATH
    removes_socket(j)
#else
    if
    :: sock == j -> removes_socket(j)
    :: else
    fi
#endif
}

/* Also in one turn. */
inline drains(j) {
    printf("MSC: daemon %d drains and removes its socket\n", j);
    writes_state(j, R_DRAINING);
    unbinds(j);
    excuses(j);
    r[j].d = D_DRAINING
}

inline exits() {
    printf("MSC: daemon %d removes its record and exits\n", me);
#ifdef CLEANS_BY_PATH
    removes_record(me);
#else
    if
    :: record == me -> removes_record(me)
    :: else
    fi;
#endif
#ifdef UNLINKS_LOCK
    printf("MSC: daemon %d removes the lock file\n", me);
    path = 0;
    r[me].d = D_AWAY
#else
    ends(me, D_EXITED)
#endif
}

/* Signals to all that carries the nonce, but for the shepherd, which sees the end and writes it down. A child, and a program that does not heed
 * them yet, dies of SIGTERM; a hung one lets it pass. */
inline terminates(j) {
    if
    :: r[j].d == D_CHILD || r[j].d == D_BEGUN -> ends(j, D_DIED)
    :: r[j].d == D_STARTING || r[j].d == D_READY -> drains(j)
    :: else
    fi
}

inline kills(j) {
    if
    :: r[j].d >= D_READY -> ends(j, D_BROKE)
    :: LIVES(j) && r[j].d < D_READY -> ends(j, D_DIED)
    :: else
    fi
}

#ifdef GENERATIONS
/* The holder looks after lock, record and socket once a second. */
inline relocks() {
    printf("MSC: daemon %d takes the lock that has the name\n", me);
    if
    :: path == 0 ->
        made++;
        path = made;
        EACH(ages)
    :: else
    fi;
    line = me;
    EACH(ages);
    r[me].dgen = path
}

inline goes_away() {
    printf("MSC: daemon %d finds another in its place and goes\n", me);
    SEEN(DISPLACED);
    EACH(excuses);
    r[me].d = D_AWAY
}

inline restores() {
    if
    :: sock != me && LISTENS(sock) -> goes_away()
    :: else ->
        printf("MSC: daemon %d makes again what is missing\n", me);
        record = me;
        state = (r[me].d == D_READY -> R_READY : R_STARTING);
        sock = me
    fi
}

inline looks_after() {
    if
    :: r[me].dgen == path -> restores()
    :: r[me].dgen != path && HELD -> goes_away()
    :: r[me].dgen != path && !HELD ->
        SEEN(RELOCKED);
        relocks();
        restores()
    fi
}

inline goes() {
    printf("MSC: daemon %d exits\n", me);
    ends(me, D_EXITED)
}
#endif
