/* The launcher and the shepherd that it forks: rbee-launch. One thread; a step ends where it has done what others can see. */

inline is_lost() {
    printf("MSC: shepherd %d has lost\n", me);
    r[me].sh = H_NONE;
    if
    :: r[me].st == S_CHILD -> removes_intent(); r[me].st = S_LOOK
    :: else
    fi
}

inline meets_holder() {
    LAW("MSC: broken: law 2: a probe stands in nobody's way\n", TRULY_HELD || ANY(LEAKED));
    MARK(me, LOST_AND_SERVED);
    is_lost()
}

/* Where the lock file can be replaced, opening it is a step of its own. */
inline opens() {
    opens_lock(me);
    r[me].sh = H_OPENED
}

#ifdef LAUNCHES_UNSEEN
#define IS_NEWS false
#else
#define IS_NEWS r[me].stale
#endif

inline locks() {
    if
#ifdef GENERATIONS
    :: HELD_FILE(r[me].hgen) -> is_lost()
    :: !HELD_FILE(r[me].hgen) && r[me].hgen != path -> r[me].sh = H_NEW
    :: !HELD_FILE(r[me].hgen) && r[me].hgen == path && IS_NEWS -> is_lost()
#else
    :: HELD -> meets_holder()
    :: !HELD && IS_NEWS -> is_lost()
#endif
    :: else ->
        printf("MSC: shepherd %d takes the lock\n", me);
        r[me].sh = H_LOCKED
    fi
}

inline forks() {
    printf("MSC: shepherd %d forks\n", me);
    SEEN_MARKED(me, DRAIN_AND_LAUNCHED);
#ifndef OUTSIDER
    LAW("MSC: broken: law 1: one spawn at a time\n", !ANY(LIVES));
    LAW("MSC: broken: one spawn, one failure, for all who have waited\n", !r[me].failed);
#endif
    EACH(calms);
#ifdef GENERATIONS
    r[me].dgen = r[me].hgen;
#endif
    r[me].d = D_CHILD;
    r[me].sh = H_FORKED
}

inline reports() {
    r[me].sh = H_WATCH
}

inline writes_end(how) {
    printf("MSC: shepherd %d writes down how its daemon ended\n", me);
    last = me;
    wrong = (how != D_EXITED);
    EACH(forgets);
    if
    :: FAILED -> EACH(excuses)
    :: else
    fi;
    if
    :: how != D_EXITED && how != D_BROKE && line == me -> EACH(tells)  /* who died before it signed is not known to have been */
    :: else
    fi;
    r[me].d = D_NONE
}

/* The lock is free before the report is written. One step: whoever reads the report may be as slow as it likes. */
inline frees() {
    printf("MSC: shepherd %d frees the lock and reports\n", me);
    r[me].sh = H_NONE;
    if
    :: r[me].st == S_CHILD -> r[me].st = S_STOP
    :: else
    fi
}

inline reports_fault() {
    printf("MSC: shepherd %d frees the lock and reports that there was no start\n", me);
    r[me].sh = H_NONE;
    if
    :: r[me].st == S_CHILD -> fails()
    :: else
    fi
}

inline leaves() {
    printf("MSC: shepherd %d leaves: nobody listens\n", me);
    r[me].sh = H_NONE
}
