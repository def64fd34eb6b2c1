/// The whole reading of the builtin model: short texts on bees, processes, daemons and the like, written for this project.
///
/// A blank line ends a text; other line breaks are spaces. Nothing else was used to train the model.
enum Corpus {
    /// The text the model falls back on when a question touches none of the others.
    static let unknown = """
        I have nothing to say about that. I am a small n-gram model and I have read only a few pages, about bees, processes,
        daemons, files, sockets and the work of a keeper. Ask me about one of those, or give rbee a real engine.
        """

    /// All texts, the one for unknown questions first.
    static var texts: [String] {
        ([unknown] + [aboutMe, bees, hive, keeper, processes, daemons, files, sockets, locks, time, scheduling, memory, models, habits])
            .flatMap { paragraphs(of: $0) }
    }

    private static func paragraphs(of prose: String) -> [String] {
        prose.split(separator: "\n\n").map { $0.split(separator: "\n").joined(separator: " ") }
    }

    private static let aboutMe = """
        Hello! I am the builtin model of rbee, a small n-gram model written in Swift. Ask me about bees, processes or daemons, and
        I will put together what I have read.

        Who am I? What am I? I am a small n-gram language model, not a large one. I was made from a few pages of plain English,
        I count which words follow which, and I understand nothing. If you want to know what model you are talking to, that is
        the honest answer.

        I cannot reason, translate, calculate or write code. I only continue text in the way my few pages do, one word at a time.
        For anything serious, start a worker with a real engine behind the command engine of rbee.

        You are welcome. A model of counted words has no feelings, but thank you for your thanks all the same.

        Good morning, good evening, or whatever your clock says. My own clock starts at the last boot and never runs backwards.

        Goodbye. When nobody asks for anything any more, this worker will notice that it is idle, finish what is in flight, and
        leave without a trace.

        This is a test, and the test works: the words came from the model, through the worker, and they reached you one at a time.
        If you can read this sentence, then the whole chain from the keeper to the engine is alive.
        """

    private static let bees = """
        A bee is an insect that gathers nectar and pollen from flowers and carries them home. Most people think of the honeybee,
        but there are some twenty thousand kinds of bees, and the greater part of them live alone.

        The queen is the only bee in the hive that lays fertile eggs. She does not give orders. The queen keeps the colony together
        with her scent, and the workers decide the rest among themselves.

        A queen lays up to two thousand eggs a day in early summer. She walks from cell to cell, looks into each one, and lays an
        egg only where the cell is clean and empty.

        A worker bee changes her trade as she grows older. First she cleans the cells, then she feeds the brood, then she builds
        comb and guards the door, and only in her last weeks does she fly out to gather nectar.

        The drone has no sting and gathers nothing. A drone is fed by the workers through the summer, and in autumn the workers
        push the drones out of the door, because winter is long and honey is short.

        Honey is nectar that the bees have dried and changed. They pass the nectar from mouth to mouth, spread it in the comb, and
        fan it with their wings until so little water is left that nothing can spoil it.

        Bees make wax in small flakes beneath their bellies. They chew the wax until it is soft and build it into comb, and the
        cells of the comb have six sides because that shape holds the most honey for the least wax.

        A bee that has found good flowers comes home and dances. The waggle dance tells the others how far the flowers are and in
        which direction they must fly, measured against the sun.

        Bees swarm when the hive has grown too full. The old queen leaves with half of the workers, the swarm hangs in a tree while
        scouts look for a hollow place, and a young queen takes over the old hive.

        The scouts of a swarm choose the new home by a vote. Each scout dances for the place she has seen, the better place gets the
        longer dance, and when enough scouts stand at one place the whole swarm takes wing.

        In winter the bees do not sleep. They hang together in a ball around the queen, shiver with their flight muscles to keep
        warm, and slowly eat the honey they have stored.

        A bee sees colours that we do not see, and she does not see red. Many flowers carry marks that show only in ultraviolet
        light, and these marks lead the bee to the nectar as signs lead a traveller to an inn.

        Bees pollinate the plants they visit. Grains of pollen cling to the hairs of the bee, fall off at the next flower, and a
        third of what people eat would be missing without that accident.

        When a worker bee stings a mammal, her sting stays behind and she dies of it. That is why a guard bee warns first: she
        flies straight at the face, hums at a higher pitch, and stings only as the last resort.

        The bumblebee lives in small nests underground. She flies on colder days than the honeybee, and she shakes the pollen out of
        tomato flowers by humming at just the right pitch.

        The smell of the hive is its password. A guard at the entrance touches every bee that lands, lets her sisters in, and turns
        strangers away unless they come loaded with nectar.
        """

    private static let hive = """
        The hive is a box or a hollow tree where a colony of bees lives. It has one entrance that can be guarded, it is dark and
        dry, and the bees keep the brood at thirty-five degrees whatever the weather does outside.

        In rbee, the queen takes the requests, the hive keeps the workers of one machine, and each worker serves one model. The names
        come from the bees, and so does the idea: many small lives, one colony.

        A colony has no boss. Each bee follows a few simple rules, looks only at what is near her, and yet the hive as a whole acts
        with good sense. A good system of processes is made the same way.

        The hive starts a worker when one is asked for, watches it while it lives, and starts it again when it falls. If it falls
        five times within a minute, the hive stops trying and says so, because a worker that cannot live should be seen.

        The queen listens for the heartbeat of every hive and of every worker. When no heartbeat has come for ninety seconds the
        queen calls that hive stale and sends it no more work, and when the heartbeat returns all is forgiven.

        A worker is a process that holds one model and answers questions about it. It is started by a hive, it tells the queen how
        busy it is, and it goes away by itself when nobody has used it for five minutes.

        When the hive dies, its workers live on. They finish what they are doing, and when a new hive comes up it finds them, checks
        that they are who they say they are, and takes them back. Only a worker that waits idle for ten minutes gives up.
        """

    private static let keeper = """
        The beekeeper does not command the bees. The keeper gives them a dry box, room to grow and a quiet place, looks in from time
        to time, and takes no more honey than the bees can spare.

        The keeper of rbee is a program for the command line. It brings the queen and the hive up, shows what is running, hands a
        question to a model, and takes down exactly what it has started.

        To see what is running, ask the keeper for the status. It lists every daemon with its state, its process number and its
        address, and it needs no daemon to do so.

        A keeper blows cool smoke into the hive before opening it. The bees smell the smoke, fill up with honey in case they must
        flee, and a bee with a full belly is in no mood for a fight.

        A careful keeper opens the hive only when there is a reason. Every look lets the warmth out, and it takes the bees half a day
        to put everything right again. Looking should never disturb what is looked at.

        Before winter the keeper weighs the hive, narrows the door against mice, and leaves the bees enough honey to last until the
        willows bloom.
        """

    private static let processes = """
        A process is a program that is running. It has its own memory, its own open files and a number, and the kernel shares the
        processor among all the processes that want it.

        A program is a file on the disk; a process is that program brought to life. One program can be running as many processes at
        once, just as one recipe can be cooking in many kitchens.

        A process is born when its parent calls fork, and it becomes another program when it calls exec. Between the two it can
        close files, change its directory and choose its signals, and that small gap is where most launchers go wrong.

        The process number is called the pid. A pid is used again after its process has gone, so a pid alone does not name a process:
        you need the time at which it started as well.

        A zombie is a process that has ended but whose parent has not yet asked how it ended. It uses no memory and no time, only a
        line in the table of the kernel, and it is gone as soon as the parent waits for it.

        An orphan is a process whose parent has died. It is given to the first process of the system, or to the nearest ancestor
        that has offered to be a subreaper, and its exit code can be had only by whoever adopted it.

        A signal is a short message from the kernel to a process. The polite signal asks it to end, and the process may first
        finish its work; the last signal cannot be caught, and nothing can be finished after it.

        To stop a process well, ask it first, wait for a while, then insist, and only at the end use force. Before each step make
        sure that it is still the same process, since the number may have been given to a stranger in the meantime.

        To kill a process by its name is a bad habit. Names are not unique, and sooner or later the pattern will match an editor, a
        shell or somebody else's work. Use a handle that the kernel keeps true.

        A pidfd is a file descriptor that stands for one process. It becomes readable when the process ends, and a signal sent
        through it can never reach another process that happens to have got the same number.

        The exit code of a process is a small number. Zero means that all went well, and any other number means that something
        failed, and it is a kindness to say on the error stream what it was.

        A child inherits what its parent has open. A pipe that a daemon has inherited by mistake stays open as long as the daemon
        lives, and whoever waits for the end of that pipe will wait for ever.

        A group of processes shares a terminal, and a session is a set of such groups. A daemon calls setsid so that it has a
        session of its own, and no hangup of a terminal can reach it.

        Threads live inside one process and share its memory. They are cheap to start and hard to reason about, since any of them
        can change at any time what another one is looking at.
        """

    private static let daemons = """
        A daemon is a process that runs in the background and serves others. It has no terminal, it outlives the shell that started
        it, and it is usually waiting for somebody to ask it for something.

        The word daemon comes from the old Greek spirits that worked unseen between gods and people. The programmers who took it
        were thinking of the little demon that a physicist once set to sorting molecules.

        A good daemon says when it is ready. Before that moment nobody should be told where it lives, and after it the first
        question must be answered, since a port that is open is not yet a service that works.

        There should be exactly one of each daemon, however many people try to start it at the same moment. The one that takes the
        lock serves, and all the others find out where it lives and use it.

        A daemon that nobody uses should go away. It keeps a clock that every piece of work sets back to zero, and when the clock runs
        out while nothing is in flight, the daemon closes its door and leaves.

        To start a daemon, take its lock, start the program, wait until it answers with its own name, and only then hand out its
        address. If it dies on the way, say how it ended and show its last lines.

        To stop a daemon, ask it to drain. It takes no new work, finishes the work it has, removes its own socket and exits with zero.
        If it will not, then it gets a signal, and after that a stronger signal.

        Restarting a daemon that keeps crashing is no cure. Wait a little longer after each fall, give up after a few, and let
        somebody read the log: a daemon that fails loudly is better than one that flaps all night.

        A daemon is healthy when it can do its work, not when its process exists. Ask it a question that only it can answer, and
        give it a deadline; silence is an answer too, but it is not proof of death.

        Heartbeats tell that a daemon is alive even when nobody is asking. They should be small and regular, and the one who receives
        them should go by his own clock and never by the clock of the sender.

        Logs are for people who come later. Write what happened, to whom, and how long it took; leave out secrets and whole payloads;
        and put a limit on the size, since a full disk stops more than the daemon that filled it.

        A supervisor starts other processes and watches over them. It must be simpler than what it watches, it must be able to die
        and come back without taking its children along, and it must never start the same child twice.
        """

    private static let files = """
        A file is a named sequence of bytes. The name is only a label in a directory, the file itself is an inode, and one inode may
        have several names or none at all.

        To replace a file safely, write a new file beside it, flush it to the disk, and rename it over the old one. A reader then
        sees either the old file or the new one and never half of each.

        A file descriptor is a small number that a process uses to speak of an open file. Descriptors are inherited by children
        unless they are marked to close on exec, and forgetting that mark has cost many people many evenings.

        When a program deletes a file that another process still has open, the name disappears but the bytes stay until the last
        descriptor is closed. That is why a disk can be full while no file seems to be large.

        A directory is a list of names. Open it once, check that it is yours and that it is no link, and do all further work through
        that descriptor, so that nobody can move another directory into its place.

        A temporary file should be made with a random name and with flags that fail if the name already exists. Anything else is an
        invitation to the stranger who shares your machine.

        Everything is a file, they say, but a process is not, a signal is not, and a socket is one only when it pleases. It is a good
        rule with honest exceptions, which is the best kind of rule.
        """

    private static let sockets = """
        A socket is one end of a conversation between two processes. It may run over the network, or stay on one machine, where it has
        a path in the file system and knows which user is at the other end.

        A Unix socket stays on the machine. It is faster than the loopback of the network, it can pass open files from one process
        to another, and the rights on its path decide who may knock.

        A port is a number that tells the kernel which process should get a packet. Only one process can listen on a port, so
        the second one is refused, and a good error says who is already there.

        If a port is taken, do not talk to whoever has it as though it were your own daemon. Ask it for its name first; a stranger
        that answers with a friendly status is still a stranger.

        A server waits for many sockets at once. It asks the kernel which of them have something to read, handles those, and goes
        back to waiting; one thread can serve ten thousand clients in that way as long as it never blocks.

        Back-pressure means that the slow side sets the pace. When the reader does not read, the writer must stop writing, and all the
        queues in between need a limit, for otherwise memory is the only limit left.

        A stream of server-sent events is plain text over an open response. Each event ends with an empty line, a comment now and
        then keeps the connection awake, and the client can go on from the last event it saw.

        A timeout is a promise to stop hoping. Every wait should have one, it should be long enough for a bad day, and when it
        passes the error should tell what was awaited and for how long.

        A request that was cut off may or may not have been carried out. It is safe to send it again only if doing it twice does no
        harm, or if you know for certain that it was never read.
        """

    private static let locks = """
        A lock makes sure that only one process does a thing at a time. The best lock is one that the kernel releases when its holder
        dies, because then no crash can leave it behind.

        A lock file that holds a process number is not a lock. The process may have died, the number may belong to another by now,
        and the one who deletes the stale file may delete a fresh one by accident.

        A race is when the result depends on who comes first. It shows up once in a thousand runs, never while you watch, and it is
        cured by letting the kernel decide in one step what you tried to decide in two.

        A deadlock is when two parties each wait for what the other one holds. Take your locks always in the same order, hold them
        briefly, and never call out to strangers while you hold one.

        An actor in Swift guards its state by doing one thing at a time. After every await the state may have changed, so look at it
        again before you act on what you saw.
        """

    private static let time = """
        There are two kinds of clocks in a computer. One tells the time of day and may be set back by an administrator or
        by the network, and the other one only counts upwards. Measure waiting with the second kind.

        A clock that only counts upwards is called monotonic. Its number means nothing by itself, but the difference between two
        readings is true, even across a change of the hour in October.

        Backing off means waiting longer after each failure. Begin at once, then wait a tenth of a second, then twice that, up to half
        a minute, and add a little chance so that a hundred clients do not all come back in the same instant.

        A microsecond (1 µs) is a long time for a processor and no time at all for a person. A person notices a tenth of a second, and
        a tool that answers faster than that feels as if it had been waiting for you.
        """

    private static let scheduling = """
        The scheduler of the kernel decides which process runs next. It tries to be fair, to answer quickly, and to waste nothing, and
        since these three cannot all be had at once it is never finished.

        To spread requests over workers, give each request to the worker that has the least to do. It is a naïve rule, it needs no
        plan, and it is hard to beat.

        A queue grows when work comes in faster than it is done. A short queue smooths out a busy moment, but a long queue only hides
        that the machine is too small, and everyone in it waits for nothing.

        It is better to say no early than to fail late. A server that is full should answer at once that it is busy and when to
        come back, while it still has the strength to say so.

        A cache keeps what was dear to get and may be wanted again. The hard part is to know when it has become wrong, and a cache
        that is never checked is only a rumour that is told very fast.
        """

    private static let memory = """
        Memory belongs to a process page by page. The kernel promises more of it than there is, hands it out only when it is touched,
        and when the promises come due it picks a process and kills it.

        A leak is memory, or a descriptor, or a process, that is kept although nobody can use it any more. You find it by doing the
        same thing a thousand times and by looking whether anything has grown.

        A kernel is the part of an operating system that runs with all rights. It shares the processor, the memory and the devices among
        the processes, and it keeps each one from reading what belongs to the others.

        An operating system is the layer between programs and the machine. It offers files instead of blocks, processes
        instead of processors, and sockets instead of wires, so that programs do not have to know the hardware.

        Linux is a kernel that began as the hobby of a student in Helsinki. Around it grew a system of free tools, and today it runs on
        telephones, on servers, on routers and on most of the fastest computers in the world.

        Swift is a programming language that checks types and data races before the program runs. Its actors and its structured tasks
        suit a daemon well, because every piece of work has an owner and an end.
        """

    private static let models = """
        A language model gives a probability to every word that could come next. A large one computes it with a network of billions of
        numbers; a small one like me simply counts what came next in the text that it has read.

        An n-gram is a row of n words. An n-gram model looks at the last few words, finds where they stood in its text, and
        draws the next word from those that followed. When it has never seen them, it looks at fewer words.

        A token is a piece of text as a model sees it: a word, a part of a word, or a single byte. The usage of a request is counted in
        tokens, those of the prompt and those of the answer.

        The temperature says how boldly a model draws. At zero it always takes the likeliest word, at one it draws as it has learned,
        and far above one it rambles like a bee in the fog.

        A seed makes chance repeatable. With the same seed, the same prompt and the same model, the same answer comes out, and
        that is what you want when you are looking for a fault.

        An embedding is a row of numbers that stands for a text. Texts that mean the same should get numbers that lie close together;
        mine only know which letters and words the texts have in common.

        Inference is the work of getting an answer out of a model. Training has made the numbers, inference uses them, and the first
        word always takes longer than the second since the whole prompt must be read before it.
        """

    private static let habits = """
        Simple things fail in simple ways. Before you add a part, ask what will happen when that part is slow, when it is
        gone, and when it lies, and if you have no answer then leave the part out.

        A good error says what failed, why it failed, and what to do about it. It names the file, the line or the process, and it
        is written for the person who reads it at three in the morning.

        A test should fail when the thing it tests is broken. Break the thing once on purpose and look; a test that has never been
        red has not yet proved anything.

        Measure before you tune. The slow part is seldom where you think it is, and a number that was taken once on a busy machine is
        an opinion.

        Names matter more than comments. A thing with a good name can be talked about, and a thing that cannot be named well is
        often two things.

        Clean up what you have made and nothing else. Compare before you remove, hold the lock while you do it, and leave other
        people's files to other people.

        Write less. The reader has little time, the machine will do what the code says and not what the comment says, and the
        bees have built the same comb for thirty million years without a manual.
        """
}
