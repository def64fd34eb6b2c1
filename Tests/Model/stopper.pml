/* The stopper: StopRun as a person or a hive calls it; handles and who cleans them up; and a stranger that gets a dead daemon's pid. */

#ifdef STOPPER
#define T_NEW      0
#define T_ASK      1
#define T_ASKED    2
#define T_TERM     3
#define T_TERMED   4
#define T_SWEEP    5
#define T_SWEEPING 6
#define T_FORGET   7  /* only where handles are removed without the lock */
#define T_DONE     8

#define A_NOBODY   0
#define A_DAEMON   1
#define A_STRANGER 2

/* The pidfd stands for whoever has the number when it is opened. */
inline aims(j) {
    target = j;
    aim = (LIVES(j) -> A_DAEMON : (stranger == j -> A_STRANGER : A_NOBODY))
}

/* The number was believed only to open the pidfd. Start time and nonce tell whether it is the one that signed. */
inline verifies() {
    if
    :: aim == A_STRANGER -> SEEN(STRANGER_SPARED); aim = A_NOBODY
    :: else
    fi
}

inline identifies() {
#ifdef RECORD_WITHOUT_NONCE
    if
    :: record != 0 -> aims(record); t = T_ASK
    :: else -> t = T_SWEEP
    fi;
#else
    if
    :: HELD -> aims(line); verifies(); t = T_ASK
    :: else -> t = T_SWEEP
    fi;
#endif
    printf("MSC: the stopper has found %d\n", target)
}

inline is_asked() {
    EACH(excuses);
    drains(target);
    t = T_ASKED
}

/* Over the socket. The request names the run that is meant; another one refuses. */
inline requests() {
#ifdef REQUEST_WITHOUT_NONCE
    if
    :: aim == A_DAEMON && LISTENS(sock) && r[sock].d != D_HUNG ->
        printf("MSC: the stopper asks %d to end\n", sock);
        LAW("MSC: broken: law 4: a stop ends nobody but whom it has found\n", sock == target);
        is_asked()
    :: else -> t = T_TERM
    fi
#else
    if
    :: aim == A_DAEMON && LISTENS(sock) && sock == target && r[sock].d != D_HUNG ->
        printf("MSC: the stopper asks %d to end\n", sock);
        is_asked()
    :: else -> t = T_TERM
    fi
#endif
}

#define SUBTREE_LIVES (target != 0 && LIVES(target))

inline signals_term() {
    printf("MSC: the stopper sends SIGTERM to %d and what carries its nonce\n", target);
    LAW("MSC: broken: law 4: no stranger is signalled\n", aim != A_STRANGER);
    EACH(excuses);
    terminates(target);
    t = T_TERMED
}

inline signals_kill() {
    printf("MSC: the stopper kills %d\n", target);
    LAW("MSC: broken: law 4: no stranger is signalled\n", aim != A_STRANGER);
    EACH(excuses);
    kills(target)
}

inline sweeps_all() {
    printf("MSC: the stopper removes socket %d, record %d and how the last one ended\n", sock, record);
    removes_socket(0);
    removes_record(0);
    last = 0;
    wrong = 0;
    EACH(forgets);
    EACH(calms);
#ifdef FORGETS_UNLOCKED
    t = T_FORGET
#else
    removes_handles();
    stops()
#endif
}

/* What is no intent is history as long as nobody can start. */
inline removes_handles() {
    if
    :: handle != 0 && (complete || target == handle) ->
        printf("MSC: the stopper removes the handle of %d\n", handle);
        LAW("MSC: broken: law 5: a handle that is removed is a dead one's\n", !LIVES(handle));
        handle = 0;
        complete = 0
    :: else
    fi
}

inline stops() {
    printf("MSC: the stopper returns\n");
    LAW("MSC: broken: law 7: what is stopped is gone\n", !SUBTREE_LIVES);
    if
    :: target != 0 -> SEEN(STOPPED)
    :: else
    fi;
    t = T_DONE
}

inline writes_intent()    { handle = me; complete = 0 }
inline completes_handle() { handle = me; complete = 1 }
inline removes_intent()   { if :: handle == me -> handle = 0; complete = 0 :: else fi }

/* An intent is resolved by whoever comes by: completed, or, once it is older than any launch, removed. */
inline resolves() {
    if
    :: HELD && line == handle && r[handle].d == D_READY ->
        printf("MSC: the handle of %d is completed\n", handle);
        SEEN(HANDLE_COMPLETED);
        complete = 1
    :: else ->
        printf("MSC: the intent of %d is removed\n", handle);
        SEEN(HANDLE_REMOVED);
        LAW("MSC: broken: law 5: a handle that is removed is a dead one's\n", !LIVES(handle));
        handle = 0
    fi
}
#define RESOLVABLE (handle != 0 && !complete && r[handle].st == S_GONE && r[handle].sh != H_NEW && (!LIVES(handle) || r[handle].d == D_READY && line == handle))

inline recycles() {
    printf("MSC: a stranger gets the pid of %d\n", me);
    stranger = me
}
#else
inline writes_intent()    { skip }
inline completes_handle() { skip }
inline removes_intent()   { skip }
#endif
