/* SIGKILL to anybody at any moment, CRASHES times: the kernel closes what the process had open, and nothing else happens. */

inline kill_daemon() {
    printf("MSC: daemon %d is killed\n", me);
    crashes++;
    if
    :: r[me].d >= D_READY -> excuses(me); ends(me, D_BROKE)
    :: else -> EACH(excuses); MARK(me, SHARED_CRASH); ends(me, D_DIED)
    fi
}

/* A launcher whose shepherd had not reported says so, and its starter ends what there is of the start. */
inline kill_shepherd() {
    printf("MSC: shepherd %d is killed\n", me);
    crashes++;
    excuses(me);
    if
    :: r[me].st == S_CHILD && (r[me].sh < H_WATCH || r[me].sh == H_FAULT) -> r[me].st = S_REMAINS
    :: else
    fi;
    r[me].sh = H_NONE;
    if
    :: !LIVES(me) -> r[me].d = D_NONE
    :: else
    fi
}

inline kill_starter() {
    printf("MSC: starter %d is killed\n", me);
    crashes++;
    gone(me)
}
