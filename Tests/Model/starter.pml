/* The starter: a process that calls ensure().
 *
 * A step is what EnsureRun does for one action of EnsureMachine. Reading its mailbox changes nothing that others can see, so a report takes
 * effect when it is written: that a starter is slow to read it is the same as its being slow to take the next step. */

#ifdef OUTSIDER
#define EXCUSED (r[me].excuse || outside)
#else
#define EXCUSED r[me].excuse
#endif

inline finds_free(first) {
#ifndef OUTSIDER
    LAW("MSC: broken: law 2: free is dead\n", !ANY(LIVES));
#endif
    if
    :: first -> r[me].known = FAILED
    :: else
    fi;
    if
#ifndef WAITERS_START_AGAIN
    :: !first && FAILED && !r[me].known ->
        printf("MSC: starter %d returns the failure of %d, for which it has waited\n", me, last);
        SEEN_MARKED(last, SHARED_CRASH);
        LAW("MSC: broken: law 6: an error has a reason\n", EXCUSED);
        gone(me)
#endif
    :: else ->
        printf("MSC: starter %d sees the lock free and starts a launcher\n", me);
        if
        :: FAILED -> SEEN(KEPT_FAILURE)
        :: else
        fi;
        r[me].seen = 0;
        r[me].stale = 0;
        r[me].sh = H_NEW;
        r[me].st = S_CHILD;
        writes_intent()
    fi
}

/* What was written down before the lock was asked is history to who sees it held. */
inline reads_line(first) {
    if
    :: first -> r[me].known = (last != 0 && wrong)
    :: else
    fi;
    printf("MSC: starter %d sees the lock held, signed by %d\n", me, line);
    r[me].seen = line;
    r[me].st = (line == 0 -> S_WAIT : S_ASK)
}

inline finds_held(first) {
    LAW("MSC: broken: law 2: held is alive\n", TRULY_HELD);
#ifdef HISTORY_READ_LATE
    r[me].seen = first;
    r[me].st = S_READ
#else
    reads_line(first)
#endif
}

inline looks(first) {
    if
    :: HELD -> finds_held(first)
    :: else -> finds_free(first)
    fi
}

#ifdef PROBES_BY_LOCKING
inline takes_to_probe(first) {
    printf("MSC: starter %d takes the lock to see whether it is free\n", me);
    r[me].seen = first;
    r[me].st = S_PROBING
}
#endif

inline asks() {
    if
    :: LISTENS(sock) && sock != r[me].seen ->
        printf("MSC: starter %d asks %d and is answered by %d: it looks again\n", me, r[me].seen, sock);
        r[me].st = S_LOOK
    :: LISTENS(sock) && sock == r[me].seen && r[sock].d == D_READY ->
        printf("MSC: starter %d is served by %d\n", me, sock);
        SEEN_MARKED(me, LOST_AND_SERVED);
        gone(me)
    :: else ->
        printf("MSC: starter %d waits for %d\n", me, r[me].seen);
        if
        :: r[r[me].seen].d == D_DRAINING -> MARK(me, DRAIN_AND_LAUNCHED)
        :: else
        fi;
        r[me].st = S_WAIT
    fi
}

/* It polls; a poll that finds nothing changed changes nothing. */
#ifdef LOOKS_AGAIN_AT_ONCE
#define CHANGED (!HELD || line != r[me].seen || r[line].d == D_READY || !LIVES(line))
#else
#define CHANGED (!HELD || line != r[me].seen || r[line].d == D_READY)
#endif

inline looks_again() {
    r[me].st = S_LOOK;
    r[me].seen = 0
}

inline gives_up_waiting() {
    printf("MSC: starter %d has waited its time for %d, which hangs\n", me, r[me].seen);
    gone(me)
}

/* The shepherd has said that the child runs; or had, before it was killed. */
#define REPORTED (r[me].sh == H_WATCH || r[me].sh == H_NOTED || r[me].sh == H_NONE)

inline is_started() {
    printf("MSC: starter %d has started %d, which has answered\n", me, me);
    completes_handle();
    gone(me)
}

inline is_started_and_keeps() {
    is_started();
    r[me].st = S_KEEPS
}

inline abandons() {
    printf("MSC: starter %d gives its start up\n", me);
    r[me].st = S_STOP
}

#ifdef STOPS_ANY_HOLDER
#define MEANT(j) (j != 0)
#else
#define MEANT(j) (j == me)
#endif

inline stops_child() {
    if
    :: HELD && MEANT(line) ->
        printf("MSC: starter %d sends SIGTERM to %d and what carries its nonce\n", me, line);
        LAW("MSC: broken: law 4: a failed start stops nothing but what it has started\n", line == me);
        terminates(me);
        r[me].st = S_TERMED
    :: else -> r[me].st = S_SWEEP
    fi
}

inline kills_child() {
    printf("MSC: starter %d kills %d\n", me, me);
    kills(me)
}

/* Who cannot have the lock within a second lets it be. */
#ifdef CLEANS_BY_PATH
#define MAY_SWEEP true
#else
#define MAY_SWEEP (!HELD)
#endif

inline takes_to_sweep() {
    printf("MSC: starter %d takes the lock to clean up\n", me);
    opens_lock(me);
    r[me].st = S_SWEEPING
}

/* Its socket and its record; how it ended stays for those who waited. */
inline sweeps() {
    printf("MSC: starter %d removes socket %d and record %d\n", me, sock, record);
    removes_socket(0);
    removes_record(0);
    if
    :: FAILED -> EACH(excuses)  /* what it returns, those who waited return as well */
    :: else
    fi;
    r[me].st = S_REMAINS
}

inline fails() {
    printf("MSC: starter %d returns an error\n", me);
    LAW("MSC: broken: law 6: an error has a reason\n", EXCUSED);
    LAW("MSC: broken: law 6: an error leaves no daemon that its caller knows nothing of\n", !LIVES(me));
    removes_intent();
    gone(me)
}

/* Whatever carries the nonce of its failed start. */
inline ends_remains() {
#ifndef LEAVES_UNREPORTED
    r[me].sh = H_NONE;
    r[me].d = D_NONE;
    r[me].engine = 0;
#endif
    fails()
}
