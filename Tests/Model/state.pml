/* What the kernel and the run directory hold of one daemon, and how far everybody is.
 *
 * A start has a number, 1 to STARTERS: its starter draws it as the nonce, its shepherd and its daemon carry it. A file belongs to the start
 * whose number it has; 0 is no file. A starter has at most one daemon, so a number stands for one process and its pid as well. */

/* The starter: EnsureMachine's states as far as they can be told apart from outside, those of the stop of its failed child, and its end. */
#define S_NEW       0  /* has not looked yet */
#define S_LOOK      1
#define S_ASK       2
#define S_WAIT      3
#define S_CHILD     4  /* has started a launcher; its child may run */
#define S_STOP      5  /* its start has failed: what is left of it is to be stopped */
#define S_TERMED    6
#define S_SWEEP     7
#define S_SWEEPING  8  /* holds the lock to clean up */
#define S_REMAINS   9
#define S_KEEPS    10  /* has its handle and keeps the shepherd, as a hive does */
#define S_GONE     11  /* has its handle or its error, or was killed */
#define S_PROBING  12  /* only where a probe takes the lock: holds it because it asks */
#define S_READ     13  /* only where history is read late: has asked the lock, and read nothing yet */

/* The shepherd; from H_LOCKED on it holds the lock. */
#define H_NONE   0
#define H_NEW    1
#define H_OPENED 2  /* has the lock file open */
#define H_LOCKED 3
#define H_FORKED 4  /* waits for its child's exec */
#define H_WATCH  5  /* has reported its child */
#define H_NOTED  6  /* has written down how it ended */
#define H_FAULT  7  /* has written down that it could not be started */

/* The daemon's process; from D_CHILD on it lives and holds the lock. */
#define D_NONE      0
#define D_EXITED    1  /* with status 0, not yet reaped */
#define D_DIED      2  /* otherwise, before it was ready, not yet reaped */
#define D_BROKE     3  /* otherwise, after, not yet reaped */
#define D_FAULT     4  /* has said why it cannot become its program, and ended */
#define D_CHILD     5  /* between fork and exec */
#define D_BEGUN     6  /* its program runs */
#define D_STARTING  7  /* answers that it starts */
#define D_HUNG      8  /* answers that it starts, for ever */
#define D_READY     9
#define D_DRAINING 10
#define D_AWAY     11  /* goes because another stands in its place, and touches nothing */

#define R_NONE     0
#define R_STARTING 1
#define R_READY    2
#define R_DRAINING 3

typedef Start {
    unsigned st : 4;      /* the starter */
    unsigned seen : 2;    /* the holder that it asks and waits for */
    unsigned known : 1;   /* the failure that is written down was so at its first look */
    unsigned stale : 1;   /* the lock was signed since it saw it free */
    unsigned sh : 3;      /* the shepherd */
    unsigned d : 4;       /* the daemon */
    unsigned engine : 1;  /* only where the lock leaks: what the daemon has started holds it */
    unsigned excuse : 1;  /* the observer's: something went wrong since this starter began, so it may return an error */
    unsigned failed : 1;  /* the observer's: a start failed since this starter began, and none was begun since */
#ifdef WANTED
    unsigned mark : 1;    /* only where it is shown that something comes about */
#endif
#ifdef GENERATIONS
    unsigned hgen : 2;    /* the lock file that the shepherd, or the sweeping starter, has open */
    unsigned dgen : 2;    /* the one that the daemon has open */
#endif
};

Start r[STARTERS + 1];

unsigned line : 2;      /* who has signed the lock file */
unsigned record : 2;    /* whose record there is */
unsigned state : 2;     /* and what it says */
unsigned last : 2;      /* whose end was written down last */
unsigned wrong : 1;     /* and whether it was another than status 0 */
unsigned sock : 2;      /* who has bound the socket that has the name */
unsigned crashes : 2;   /* how often somebody was killed */
#ifdef GENERATIONS
unsigned path : 2;      /* which lock file has the name; 0 is none */
unsigned made : 2;      /* how many there were */
unsigned outside : 1;   /* somebody has removed it */
#endif
#ifdef STOPPER
unsigned t : 4;         /* the stopper */
unsigned target : 2;    /* whom it has found; 0: nobody */
unsigned aim : 2;       /* what its pidfd stands for */
unsigned handle : 2;    /* whose handle there is; all starters here have the same owner */
unsigned complete : 1;  /* and whether it is more than an intent */
unsigned stranger : 2;  /* the dead daemon whose pid another process has now */
#endif

#if STARTERS == 3
#define ANY(what)   (what(1) || what(2) || what(3))
#define EACH(what)  what(1); what(2); what(3)
#else
#define ANY(what)   (what(1) || what(2))
#define EACH(what)  what(1); what(2)
#endif

#define LIVES(j)    (r[j].d >= D_CHILD)
#define SERVES(j)   (r[j].d >= D_STARTING)
#define LISTENS(j)  (j != 0 && r[j].d >= D_STARTING && r[j].d <= D_READY)
#define ENDED(j)    (r[j].d >= D_EXITED && r[j].d <= D_BROKE)
#define ACTIVE(j)   (r[j].st != S_NEW && r[j].st != S_KEEPS && r[j].st != S_GONE)
#define DONE(j)     (r[j].st == S_KEEPS || r[j].st == S_GONE)

/* The lock. The kernel keeps it for as long as a description that has it is open; a shepherd and its daemon share one.
 * */
#ifdef UNLOCKS_TO_SPAWN
#define SHEPHERD_HAS(j) (r[j].sh == H_LOCKED)
#define DAEMON_HAS(j)   (r[j].d >= D_BEGUN)
#else
#define SHEPHERD_HAS(j) (r[j].sh >= H_LOCKED)
#define DAEMON_HAS(j)   LIVES(j)
#endif
#ifdef GENERATIONS
#define HAS_FILE(j, g)  ((SHEPHERD_HAS(j) || r[j].st == S_SWEEPING) && r[j].hgen == g || DAEMON_HAS(j) && r[j].dgen == g)
#define HAS(j)          (path != 0 && HAS_FILE(j, path))
#if STARTERS == 3
#define HELD_FILE(g)    (HAS_FILE(1, g) || HAS_FILE(2, g) || HAS_FILE(3, g))
#else
#define HELD_FILE(g)    (HAS_FILE(1, g) || HAS_FILE(2, g))
#endif
#else
#define HAS(j)          (SHEPHERD_HAS(j) || DAEMON_HAS(j) || r[j].st == S_SWEEPING)
#endif
#ifdef STOPPER
#define SWEEPER_HAS     (t == T_SWEEPING)
#else
#define SWEEPER_HAS     false
#endif
#define LEAKED(j)       (r[j].engine)
#define PROBED(j)       (r[j].st == S_PROBING)
#define TRULY_HELD      (ANY(HAS) || SWEEPER_HAS)
#define HELD            (TRULY_HELD || ANY(LEAKED) || ANY(PROBED))

/* The failed start that a look finds while the lock is free: DaemonFiles.Look.failedStart. */
#ifdef OLD_END_COUNTS
#define FAILED          (last != 0 && wrong && (record != last || state == R_STARTING))
#else
#define FAILED          (last != 0 && wrong && (last == line || line == 0) && (record != last || state == R_STARTING))
#endif

/* What the observer notes. */
inline excuses(j) { if :: ACTIVE(j) -> r[j].excuse = 1 :: else fi }
inline tells(j)   { if :: ACTIVE(j) -> r[j].failed = 1 :: else fi }
inline calms(j)   { r[j].failed = 0 }

/* Who launches without having looked since: the lock's line is no longer the one that it saw. */
inline ages(j)    { if :: r[j].sh == H_NEW || r[j].sh == H_OPENED -> r[j].stale = 1 :: else fi }
inline forgets(j) { r[j].known = 0 }

/* A starter has returned, or is dead: nobody reads what is told to it. */
inline gone(j)      { r[j].st = S_GONE; r[j].seen = 0; r[j].known = 0; r[j].excuse = 0; r[j].failed = 0 }
/* The daemon's process ends. Where there is no shepherd any more it is reaped at once. */
inline ends(j, how) { r[j].d = (r[j].sh >= H_FORKED -> how : D_NONE) }
