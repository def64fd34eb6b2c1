/* The protocol by which rbee starts and stops one daemon, for spin; README.md says how to read it.
 *
 * Every step stands in the tables below, with its condition and the function that it stands for: @ Type.function in Swift, @ file.c:function in C. */

#define me (_pid + 1)

/* A law that is broken is named in the trail. */
#define LAW(name, holds) if :: (holds) -> skip :: else -> printf(name); assert(false) fi

/* With WANTED set to one of these, that it comes about is an error: so it is shown that it does. */
#define LOST_AND_SERVED     1  /* a starter lost the race and was served */
#define SHARED_CRASH        2  /* a crash while starting was answered with the shared error */
#define DRAIN_AND_LAUNCHED  3  /* a drain was waited for, and a new daemon launched */
#define STALE_SOCKET        4  /* a dead one's socket was replaced */
#define KEPT_FAILURE        5  /* a start failed, and the next one began where it is history */
#define STOPPED             6  /* a stop ended a daemon */
#define STRANGER_SPARED     7  /* a stranger had the pid of a dead one, and was not signalled */
#define HANDLE_COMPLETED    8  /* the unfinished start of a living daemon was completed */
#define HANDLE_REMOVED      9  /* that of a dead one was removed */
#define DISPLACED          10  /* a holder found its lock file replaced, and went */
#define RELOCKED           11  /* a holder found its lock file gone, and made it again */
#ifdef WANTED
#define SEEN(what)          if :: WANTED == what -> assert(WANTED != what) :: else fi
#define MARK(j, what)       if :: WANTED == what -> r[j].mark = 1 :: else fi
#define SEEN_MARKED(j, what) if :: WANTED == what && r[j].mark -> assert(WANTED != what) :: else fi
#else
#define SEEN(what)          skip
#define MARK(j, what)       skip
#define SEEN_MARKED(j, what) skip
#endif

#include "state.pml"
#include "files.pml"
#include "stopper.pml"
#include "daemon.pml"
#include "starter.pml"
#include "shepherd.pml"
#include "killer.pml"

#if STARTERS == 3
#define THIRD(what)  what(3)
#define THIRD_SERVES SERVES(3)
#else
#define THIRD(what)  true
#define THIRD_SERVES false
#endif
/* A daemon expires, if it does, while there is somebody to see it: otherwise there were no end in which one lives. */
#ifdef STOPPER
#define QUIET        (DONE(1) && DONE(2) && THIRD(DONE) && t == T_DONE)
#else
#define QUIET        (DONE(1) && DONE(2) && THIRD(DONE))
#endif

active [STARTERS] proctype Run() {
end: do
/* The starter. The starters are alike: that they begin in order loses nothing. */
#ifdef PROBES_BY_LOCKING
:: d_step { r[me].st == S_NEW && !HELD -> takes_to_probe(true) }
:: d_step { r[me].st == S_LOOK && !HELD -> takes_to_probe(false) }
:: d_step { r[me].st == S_PROBING -> r[me].st = S_LOOK; finds_free(r[me].seen) }
:: d_step { (r[me].st == S_NEW || r[me].st == S_LOOK) && HELD -> finds_held(r[me].st == S_NEW) }
#else
:: d_step { r[me].st == S_NEW && (me == 1 || r[me - 1].st != S_NEW) -> looks(true) }                    /* @ EnsureRun.look @ DaemonFiles.look */
:: d_step { r[me].st == S_LOOK -> looks(false) }                                                        /* @ EnsureRun.look @ FileLock.probe */
#endif
#ifdef HISTORY_READ_LATE
:: d_step { r[me].st == S_READ -> reads_line(r[me].seen) }
#endif
:: d_step { r[me].st == S_ASK -> asks() }                                                               /* @ EnsureRun.ask */
:: d_step { r[me].st == S_WAIT && CHANGED -> looks_again() }                                            /* @ EnsureRun.wait */
:: d_step { r[me].st == S_WAIT && r[r[me].seen].d == D_HUNG -> gives_up_waiting() }                     /* @ EnsureRun.wait */
:: d_step { r[me].st == S_CHILD && REPORTED && r[me].d == D_READY -> is_started() }                     /* @ EnsureRun.confirm @ EnsureRun.finish */
:: d_step { r[me].st == S_CHILD && REPORTED && r[me].d == D_READY -> is_started_and_keeps() }           /* @ EnsureRun.confirm @ Supervisor.became */
:: d_step { r[me].st == S_CHILD && REPORTED && r[me].d == D_HUNG -> abandons() }                        /* @ EnsureRun.awaitChild */
:: d_step { r[me].st == S_CHILD && r[me].d == D_NONE && r[me].sh == H_NONE -> abandons() }              /* @ EnsureRun.awaitChild */
:: d_step { r[me].st == S_CHILD && r[me].sh == H_NONE && LISTENS(sock) && sock != me -> abandons() }    /* @ EnsureMachine.confirmed */
:: d_step { r[me].st == S_STOP -> stops_child() }                                                       /* @ EnsureRun.stopChild @ StopRun.identify */
:: d_step { r[me].st == S_TERMED && LIVES(me) -> kills_child() }                                        /* @ StopRun.signal */
:: d_step { r[me].st == S_TERMED && !LIVES(me) -> r[me].st = S_SWEEP }                                  /* @ StopRun.wait */
:: d_step { r[me].st == S_SWEEP && MAY_SWEEP -> takes_to_sweep() }                                      /* @ StopRun.sweep @ FileLock.acquire */
:: d_step { r[me].st == S_SWEEP && HELD -> r[me].st = S_REMAINS }                                       /* @ StopRun.sweep */
:: d_step { r[me].st == S_SWEEPING -> sweeps() }                                                        /* @ DaemonFiles.sweep */
:: d_step { r[me].st == S_REMAINS -> ends_remains() }                                                   /* @ EnsureRun.endLaunch @ Remains.end */
:: d_step { r[me].st == S_KEEPS -> r[me].st = S_GONE }                                                  /* @ Child.letGo */
/* The shepherd. */
#ifdef GENERATIONS
:: d_step { r[me].sh == H_NEW -> opens() }                                                              /* @ lock.c:open_lock */
:: d_step { r[me].sh == H_OPENED -> locks() }                                                           /* @ lock.c:take_lock @ lock.c:is_linked */
#else
:: d_step { r[me].sh == H_NEW -> locks() }                                                              /* @ shepherd.c:lock @ lock.c:is_signed_by */
#endif
:: d_step { r[me].sh == H_LOCKED -> forks() }                                                           /* @ shepherd.c:start */
:: d_step { r[me].sh == H_FORKED && r[me].d != D_CHILD && r[me].d != D_FAULT -> reports() }                    /* @ shepherd.c:start @ shepherd.c:shepherd */
:: d_step { r[me].sh == H_FORKED && r[me].d == D_FAULT -> writes_end(r[me].d); r[me].sh = H_FAULT }           /* @ shepherd.c:start @ record.c:record_ending */
:: d_step { r[me].sh == H_FAULT -> reports_fault() }                                                    /* @ shepherd.c:fail */
:: d_step { r[me].sh == H_WATCH && ENDED(me) -> writes_end(r[me].d); r[me].sh = H_NOTED }     /* @ shepherd.c:collect @ shepherd.c:record */
:: d_step { r[me].sh == H_NOTED -> frees() }                                                            /* @ shepherd.c:finish */
:: d_step { r[me].sh == H_WATCH && !ENDED(me) && r[me].st == S_GONE -> leaves() }                       /* @ shepherd.c:watch */
/* The daemon. */
:: d_step { r[me].d == D_CHILD -> becomes() }                                                           /* @ child.c:become @ lock.c:write_lock_line */
:: d_step { r[me].d == D_CHILD -> cannot_become() }                                                     /* @ child.c:fail */
:: d_step { r[me].d == D_BEGUN -> dies() }                                                              /* @ DaemonMain.fail */
:: d_step { r[me].d == D_BEGUN -> claims() }                                                            /* @ Claim.make @ DaemonRuntime.begin @ Presence.listen */
:: d_step { r[me].d == D_STARTING -> is_ready() }                                                       /* @ DrainMachine.handleStarting @ DaemonRuntime.record */
:: d_step { r[me].d == D_STARTING -> cannot_start() }                                                   /* @ DaemonRuntime.startFailed */
:: d_step { r[me].d == D_STARTING -> hangs() }                                                          /* outside: its service */
:: d_step { r[me].d == D_READY && !QUIET -> drains(me) }                                                /* @ DrainMachine.begin @ Presence.removeSockets */
:: d_step { r[me].d == D_DRAINING -> exits() }                                                          /* @ DaemonRuntime.exit @ Presence.takeLeave */
#ifdef GENERATIONS
:: d_step { r[me].d == D_AWAY -> goes() }                                                               /* @ DaemonRuntime.act @ Presence.abandon */
#ifndef IGNORES_REPLACEMENT
:: d_step { LISTENS(me) && (r[me].dgen != path || record != me || sock != me) -> looks_after() }        /* @ Presence.look @ Presence.restoreLock */
#endif
#endif
/* The killer. */
:: d_step { crashes < CRASHES && LIVES(me) -> kill_daemon() }                                           /* outside */
:: d_step { crashes < CRASHES && r[me].sh != H_NONE -> kill_shepherd() }                                /* outside @ main.c:summary */
:: d_step { crashes < CRASHES && r[me].st != S_NEW && r[me].st != S_GONE -> kill_starter() }            /* outside */
#ifdef STOPPER
:: d_step { stranger == 0 && line == me && r[me].d == D_NONE && r[me].sh == H_NONE -> recycles() }      /* outside: the kernel */
#endif
od }

#ifdef STOPPER
active proctype Stopper() {
end: do
:: d_step { t == T_NEW && (!HELD || line != 0) -> identifies() }                                        /* @ StopRun.identify @ SignalTarget.open */
:: d_step { t == T_ASK -> requests() }                                                                  /* @ StopRun.step @ CommonEndpoints.shutDown */
:: d_step { t == T_ASKED && SUBTREE_LIVES -> t = T_TERM }                                               /* @ StopRun.wait */
:: d_step { (t == T_ASKED || t == T_TERM) && !SUBTREE_LIVES -> t = T_SWEEP }                            /* @ StopRun.survey */
:: d_step { t == T_TERM && (SUBTREE_LIVES || aim == A_STRANGER) -> signals_term() }                     /* @ StopRun.signal */
:: d_step { t == T_TERMED && SUBTREE_LIVES -> signals_kill() }                                          /* @ StopRun.signal */
:: d_step { t == T_TERMED && !SUBTREE_LIVES -> t = T_SWEEP }                                            /* @ StopRun.wait */
:: d_step { t == T_SWEEP && !HELD -> t = T_SWEEPING }                                                   /* @ StopRun.sweep @ FileLock.acquire */
:: d_step { t == T_SWEEP && HELD && line != target -> stops() }                                         /* @ StopRun.sweep */
:: d_step { t == T_SWEEPING -> sweeps_all() }                                                           /* @ DaemonFiles.sweep @ HandleStore.removeAll */
#ifdef FORGETS_UNLOCKED
:: d_step { t == T_FORGET -> removes_handles(); stops() }
#endif
:: d_step { RESOLVABLE -> resolves() }                                                                  /* @ HandleStore.resolve @ Upkeep.run */
od }
#endif

#ifdef OUTSIDER
active proctype Outsider() {
end: do
:: d_step { !outside && path != 0 -> printf("MSC: somebody removes the lock file\n"); outside = 1; path = 0; line = 0; EACH(excuses) }  /* outside */
od }
#endif

/* When nothing moves any more: everybody has returned, and who lives can be found, asked and stopped. */
#ifdef GENERATIONS
#define HOLDS_NAME(j) (r[j].dgen == path)
#else
#define HOLDS_NAME(j) true
#endif
#define FINDABLE(j) (!LIVES(j) || HELD && HOLDS_NAME(j) && line == j && record == j && sock == j)

active proctype Observer() {
end: do
:: timeout ->
    LAW("MSC: broken: progress: every starter has its handle or its error\n", DONE(1) && DONE(2) && THIRD(DONE));
    LAW("MSC: broken: law 1: one serves\n", !(SERVES(1) && SERVES(2)) && !(THIRD_SERVES && (SERVES(1) || SERVES(2))));
    LAW("MSC: broken: law 6: every daemon that lives is found\n", FINDABLE(1) && FINDABLE(2) && THIRD(FINDABLE));
#ifdef STOPPER
    LAW("MSC: broken: law 7: a stop ends\n", t == T_DONE);
    LAW("MSC: broken: law 6: no start is left unfinished\n", handle == 0 || complete || LIVES(handle));
#endif
    break
od }
